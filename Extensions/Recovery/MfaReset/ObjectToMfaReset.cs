using IdP.Recovery.Audit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.MfaReset;

/// <summary>
/// Whoever works in the console is told that their MFA reset waits for a second administrator, and ends it by the mailed
/// link, without signing in: it takes nothing from anybody (threat 13).
/// </summary>
public sealed class ObjectToMfaReset(
    UnitOfWork work,
    IAccounts accounts,
    MailedLinks mailed,
    AuditLog audit,
    IOptions<MfaResetOptions> options
)
{
    /// <summary>What a link objects to; null when it is unknown, used or expired. Changes nothing.</summary>
    /// <param name="token">From the protected cookie.</param>
    public async Task<ObjectionableMfaReset?> LookAsync(string? token, CancellationToken cancellationToken) =>
        await FindAsync(token, cancellationToken) is var (_, waiting)
            ? new(
                (await accounts.FindAsync(waiting.ActorId, cancellationToken))?.Email ?? waiting.ActorId,
                waiting.Why,
                waiting.RequestedAt,
                waiting.DecidedAt is null && waiting.RequestedAt > work.Now - options.Value.Hold
            )
            : null;

    /// <summary>Objects; false when it does not wait any more.</summary>
    /// <param name="token">From the protected cookie.</param>
    /// <param name="cancellationToken">Stops; nothing is changed then.</param>
    public async Task<bool> RunAsync(string? token, Requester requester, CancellationToken cancellationToken) =>
        await FindAsync(token, cancellationToken) is var (link, _)
        && await work.RunAsync(
            async inner =>
            {
                if (!await mailed.SpendAsync(link.Id, inner))
                {
                    return false;
                }

                var ended = false;
                foreach (var waiting in await WaitingAsync(link.AccountId, inner))
                {
                    if (!await WaitingMfaReset.DecideAsync(work, waiting.Id, link.AccountId, inner))
                    {
                        continue;
                    }

                    audit.Add(
                        AuditEventTypes.MfaResetDeclined,
                        link.AccountId,
                        requester,
                        waiting.Id.ToString(),
                        AuditReasons.Mail,
                        link.AccountId
                    );
                    SendMfaResetDeclined.Enqueue(work, waiting);
                    ended = true;
                }

                return ended;
            },
            cancellationToken
        );

    // Whatever waits: a wish that another one has taken the place of is objected to with the other.
    private Task<List<WaitingMfaReset>> WaitingAsync(string accountId, CancellationToken cancellationToken)
    {
        var since = work.Now - options.Value.Hold;
        return work
            .Context.Set<WaitingMfaReset>()
            .AsNoTracking()
            .Where(w => w.AccountId == accountId && w.DecidedAt == null && w.RequestedAt > since)
            .OrderByDescending(w => w.RequestedAt)
            .ToListAsync(cancellationToken);
    }

    private async Task<(MailedLink Link, WaitingMfaReset Waiting)?> FindAsync(
        string? token,
        CancellationToken cancellationToken
    )
    {
        if (await mailed.FindAsync(MailedLinkKind.ObjectToMfaReset, token, cancellationToken) is not { } link)
        {
            return null;
        }

        var id = Guid.Parse(link.SubjectId!);
        var waiting =
            (await WaitingAsync(link.AccountId, cancellationToken)).FirstOrDefault()
            ?? await work
                .Context.Set<WaitingMfaReset>()
                .AsNoTracking()
                .SingleOrDefaultAsync(w => w.Id == id && w.AccountId == link.AccountId, cancellationToken);
        return waiting is null ? null : (link, waiting);
    }
}

/// <summary>An MFA reset that the one whose MFA it is may object to.</summary>
/// <param name="AskedBy">Who asked: an address.</param>
/// <param name="Waits">Whether it is not decided yet.</param>
public sealed record ObjectionableMfaReset(string AskedBy, string Why, DateTimeOffset RequestedAt, bool Waits);
