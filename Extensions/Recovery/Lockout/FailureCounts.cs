using IdP.Recovery.Audit;
using IdP.Recovery.Factors;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.Lockout;

/// <summary>
/// Counts the tries of each factor of an account, before the secret is looked at and by one guarded statement: of
/// parallel guesses no more than the limit get past it, on however many nodes (threat 9).
/// </summary>
/// <remarks>
/// Two counts stand in a row. The tries since the last lock close sign-in for a while, longer each time. The failures
/// since the last success, at most 100 (SP 800-63B-4, 3.2.2), disable the factor until it is set up anew; an unlock
/// leaves them alone.
/// </remarks>
public sealed partial class FailureCounts(
    UnitOfWork work,
    AuditLog audit,
    RequestLimits limits,
    RecoveryMetrics metrics,
    IOptions<LockoutOptions> options
)
{
    // No account's id begins like this.
    private const string Nobody = "?";
    private static readonly TimeSpan NobodyKeptFor = TimeSpan.FromDays(30);
    private static readonly TimeSpan ToldOncePer = TimeSpan.FromHours(1);
    private static readonly TimeSpan Day = TimeSpan.FromHours(24);
    private const int LockMailsPerDay = 8;

    private readonly LockoutOptions options = options.Value;

    private DbSet<FailureCount> Counts => work.Context.Set<FailureCount>();

    /// <summary>
    /// Under what the tries at an address are counted. Security: threat 11. Where no account has it, under its
    /// fingerprint, and a lock of it costs what any other does: the same statements, the same commits.
    /// </summary>
    internal static string CountedAs(string? accountId, string address) =>
        accountId ?? Nobody + Convert.ToHexStringLower(Secrets.Fingerprint(address));

    /// <summary>
    /// Counts a try at sign-in; false when sign-in is closed by earlier ones. Security: threat 20. The last one allowed
    /// closes it in the same statement, with an end: whatever becomes of the try, nobody is locked out without one.
    /// </summary>
    internal async Task<bool> TryAtSignInAsync(CountedBy by, FactorKind factor, CancellationToken cancellationToken) =>
        await work.Context.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO "RecoveryFailureCounts"
              ("AccountId", "Factor", "Browser", "Tries", "Failures", "Locks", "LockedUntil")
            VALUES ({by.Id}, {factor.ToString()}, {by.Browser}, 1, 1, 0, {(
                IsNobody(by.Id) ? Stored(work.Now) : null
            )})
            ON CONFLICT ("AccountId", "Factor", "Browser") DO UPDATE
            SET "Tries" = CASE WHEN "RecoveryFailureCounts"."Tries" < {options.Failures}
                THEN "RecoveryFailureCounts"."Tries" + 1 ELSE 1 END,
              "Failures" = "RecoveryFailureCounts"."Failures" + 1,
              "LockedUntil" = CASE WHEN "RecoveryFailureCounts"."Tries" + 1 = {options.Failures}
                THEN {Stored(work.Now + options.Duration)} ELSE "RecoveryFailureCounts"."LockedUntil" END
            WHERE "RecoveryFailureCounts"."Failures" < {options.FailuresEver}
              AND ("RecoveryFailureCounts"."LockedUntil" <= {Stored(work.Now)}
                OR ("RecoveryFailureCounts"."LockedUntil" IS NULL
                  AND "RecoveryFailureCounts"."Tries" < {options.Failures}))
            """,
            cancellationToken
        ) == 1;

    /// <summary>
    /// Counts a try inside a recovery, whose own limits stand in its row. Security: threat 12. A lock that somebody
    /// else's guesses at sign-in have brought about does not hold here, or it would keep the owner from recovering.
    /// </summary>
    internal async Task<bool> TryInRecoveryAsync(
        CountedBy by,
        FactorKind factor,
        CancellationToken cancellationToken
    ) =>
        await work.Context.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO "RecoveryFailureCounts" ("AccountId", "Factor", "Browser", "Tries", "Failures", "Locks")
            VALUES ({by.Id}, {factor.ToString()}, {by.Browser}, 0, 1, 0)
            ON CONFLICT ("AccountId", "Factor", "Browser") DO UPDATE
            SET "Failures" = "RecoveryFailureCounts"."Failures" + 1
            WHERE "RecoveryFailureCounts"."Failures" < {options.FailuresEver}
            """,
            cancellationToken
        ) == 1;

    /// <summary>
    /// Closes sign-in when the tries are used up, each time for longer, and tells the owner: until when, or null. It also
    /// mends what a crash between the count and this left. The tries start again with the lock: when it has ended there
    /// are as many as before it. Only inside a transaction.
    /// </summary>
    internal async Task<DateTimeOffset?> LockAsync(
        CountedBy by,
        FactorKind factor,
        FactorUse use,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        var count = await Counts
            .AsNoTracking()
            .SingleOrDefaultAsync(
                c => c.AccountId == by.Id && c.Factor == factor && c.Browser == by.Browser,
                cancellationToken
            );
        if (count is null || count.Tries < options.Failures)
        {
            return null;
        }

        // A day behind the end of the last lock is as good as a success: the next one is as short as the first.
        var now = work.Now;
        var lastEnd = count.LastLockedAt + options.DurationAfter(count.Locks - 1);
        var before = lastEnd > now - Day ? count.Locks : 0;
        var until = now + options.DurationAfter(before);
        var locked = await Counts
            .Where(c =>
                c.AccountId == by.Id
                && c.Factor == factor
                && c.Browser == by.Browser
                && c.Locks == count.Locks
                && c.Tries >= options.Failures
            )
            .ExecuteUpdateAsync(
                set =>
                    set.SetProperty(c => c.LockedUntil, until)
                        .SetProperty(c => c.Locks, before + 1)
                        .SetProperty(c => c.LastLockedAt, now)
                        .SetProperty(c => c.Tries, 0),
                cancellationToken
            );
        if (locked == 0)
        {
            return null;
        }

        metrics.Locked(factor, by.IsKnownBrowser);
        audit.Add(AuditEventTypes.LockedOut, OwnerOf(by.Id), requester, reason: ReasonOf(by.Id, factor));

        // Where only setting it up anew helps, a link that unlocks would promise too much. Whoever guesses on and on makes
        // no flood of mail; locks that double do not come to so many in a day.
        if (
            count.Failures < options.FailuresEver
            && await limits.TryTakeAsync($"lock-notice/{factor}/{by.Id}", LockMailsPerDay, Day, cancellationToken)
        )
        {
            SendLockoutNotice.Enqueue(
                work,
                by.Id,
                new(factor, until, by.IsKnownBrowser, use == FactorUse.Session),
                requester,
                options.UnlockLinkLifetime
            );
        }

        return until;
    }

    /// <summary>
    /// After a refusal: whether the factor has failed so often that only setting it up anew helps, which its owner is
    /// told once. Only inside a transaction.
    /// </summary>
    internal async Task<bool> TellDisabledAsync(
        CountedBy by,
        FactorKind factor,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        if (!await IsDisabledAsync(by, factor, cancellationToken))
        {
            return false;
        }

        // Of many refusals at once each finds it disabled.
        if (await limits.TryTakeAsync($"factor-disabled/{factor}/{by.Id}", 1, ToldOncePer, cancellationToken))
        {
            SendFactorNotice.Enqueue(
                work,
                audit.Add(AuditEventTypes.FactorDisabled, OwnerOf(by.Id), requester, reason: ReasonOf(by.Id, factor))
            );
        }

        return true;
    }

    private static bool IsNobody(string accountId) => accountId.StartsWith(Nobody, StringComparison.Ordinal);

    private static string? OwnerOf(string accountId) => IsNobody(accountId) ? null : accountId;

    private static string ReasonOf(string accountId, FactorKind factor) =>
        IsNobody(accountId) ? AuditReasons.Unknown : AuditReasons.Of(factor);

    /// <summary>Whether a factor has failed so often, where it is counted so, that only setting it up anew helps.</summary>
    internal Task<bool> IsDisabledAsync(CountedBy by, FactorKind factor, CancellationToken cancellationToken) =>
        Counts.AnyAsync(
            c =>
                c.AccountId == by.Id
                && c.Factor == factor
                && c.Browser == by.Browser
                && c.Failures >= options.FailuresEver,
            cancellationToken
        );

    /// <summary>The same, wherever it was.</summary>
    internal Task<bool> IsDisabledAsync(string accountId, FactorKind factor, CancellationToken cancellationToken) =>
        Counts.AnyAsync(
            c => c.AccountId == accountId && c.Factor == factor && c.Failures >= options.FailuresEver,
            cancellationToken
        );

    /// <summary>What has failed of an account, where it is counted so.</summary>
    internal Task<List<FailureCount>> ListAsync(CountedBy by, CancellationToken cancellationToken) =>
        Counts
            .AsNoTracking()
            .Where(c => c.AccountId == by.Id && c.Browser == by.Browser)
            .ToListAsync(cancellationToken);

    /// <summary>How a factor stands by what has failed of its account.</summary>
    internal FactorState StateOf(IEnumerable<FailureCount> counts, FactorKind factor, FactorUse use) =>
        counts.FirstOrDefault(c => c.Factor == factor) switch
        {
            { } count when count.Failures >= options.FailuresEver => new(factor, FactorStanding.Disabled),
            { LockedUntil: { } until } when use != FactorUse.Recovery && until > work.Now => new(
                factor,
                FactorStanding.Paused,
                until
            ),
            _ => new(factor, FactorStanding.Ready),
        };

    /// <summary>Until when sign-in by that factor is closed; null when only setting it up anew helps.</summary>
    internal async Task<DateTimeOffset?> ClosedUntilAsync(
        CountedBy by,
        FactorKind factor,
        CancellationToken cancellationToken
    ) =>
        await IsDisabledAsync(by, factor, cancellationToken)
            ? null
            : await Counts
                .Where(c => c.AccountId == by.Id && c.Factor == factor && c.Browser == by.Browser)
                .Select(c => c.LockedUntil)
                .SingleOrDefaultAsync(cancellationToken)
                ?? work.Now;

    private object Stored(DateTimeOffset value) => work.Stored<FailureCount>(nameof(FailureCount.LockedUntil), value);
}
