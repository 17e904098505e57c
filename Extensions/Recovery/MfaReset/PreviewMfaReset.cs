using IdP.Recovery.Console;
using IdP.Recovery.Enrollment;
using IdP.Recovery.Factors;

namespace IdP.Recovery.MfaReset;

/// <summary>The dry run of a reset of many: says what it would do, and changes nothing.</summary>
public sealed class PreviewMfaReset(
    IAccountDirectory directory,
    MfaResetRules rules,
    MfaPolicy policy,
    TimeProvider time
)
{
    private const int AtOnce = 500;

    /// <summary>Says it.</summary>
    /// <param name="actor">Who would do it.</param>
    /// <param name="period">The shortest period; null for none.</param>
    /// <param name="spreadDays">Over how many further days the deadlines are spread.</param>
    public async Task<MfaResetPreview> RunAsync(
        Actor actor,
        IReadOnlyList<string> accountIds,
        EnrollmentPeriod? period,
        int spreadDays,
        CancellationToken cancellationToken
    )
    {
        var now = time.GetUtcNow();
        var preview = new MfaResetPreview { Total = accountIds.Count };
        var found = new Dictionary<string, RecoverableAccount>(StringComparer.Ordinal);
        foreach (var (ordinal, id) in accountIds.Index())
        {
            if (ordinal % AtOnce == 0)
            {
                found = new(await directory.FindAsync([.. accountIds.Skip(ordinal).Take(AtOnce)], cancellationToken));
            }

            if (!found.TryGetValue(id, out var account))
            {
                continue;
            }

            if (await rules.RefuseAsync(actor, account, cancellationToken) is { } refusal)
            {
                preview.Refuse(refusal, account);
                continue;
            }

            var of = MfaResetBatch.PeriodOf(period?.Days, spreadDays, ordinal, accountIds.Count);
            var end = account.Audience == Audience.User ? of?.EndFrom(now, account.TimeZone) : null;
            preview.Add(
                account,
                isAsked: end is not null || policy.Requires(account),
                needsApproval: rules.NeedsApproval(account),
                end
            );
        }

        return preview;
    }
}

/// <summary>What a reset of many would do.</summary>
public sealed class MfaResetPreview
{
    private const int Named = 10;

    private readonly List<(MfaResetRefusal, string)> refused = [];
    private readonly SortedDictionary<DateOnly, int> deadlines = [];

    /// <summary>How many people were chosen.</summary>
    public int Total { get; init; }

    /// <summary>How many of them have a second factor.</summary>
    public int WithMfa { get; private set; }

    /// <summary>How many will be asked to enroll one.</summary>
    public int Asked { get; private set; }

    /// <summary>How many need a second administrator.</summary>
    public int NeedApproval { get; private set; }

    /// <summary>How many can be reset.</summary>
    public int Possible { get; private set; }

    /// <summary>How many cannot, by reason.</summary>
    public IReadOnlyDictionary<MfaResetRefusal, int> Refused => refused.CountBy(r => r.Item1).ToDictionary();

    /// <summary>The first of those who cannot, for each reason, by address.</summary>
    public IReadOnlyList<(MfaResetRefusal Reason, string Email)> RefusedPeople =>
        [.. refused.GroupBy(r => r.Item1).SelectMany(g => g.Take(Named))];

    /// <summary>The first deadline; null where there is none.</summary>
    public DateTimeOffset? FirstDeadline { get; private set; }

    /// <summary>The last.</summary>
    public DateTimeOffset? LastDeadline { get; private set; }

    /// <summary>How many deadlines fall on each day in UTC, the first day first; days without any are left out.</summary>
    public IReadOnlyDictionary<DateOnly, int> Deadlines => deadlines;

    internal void Refuse(MfaResetRefusal reason, RecoverableAccount account)
    {
        WithMfa += account.Factors.Any ? 1 : 0;
        refused.Add((reason, account.Email));
    }

    internal void Add(RecoverableAccount account, bool isAsked, bool needsApproval, DateTimeOffset? end)
    {
        Possible++;
        WithMfa += account.Factors.Any ? 1 : 0;
        Asked += isAsked ? 1 : 0;
        NeedApproval += needsApproval ? 1 : 0;
        FirstDeadline = end is null || FirstDeadline < end ? FirstDeadline : end;
        if (end is { } at)
        {
            var day = DateOnly.FromDateTime(at.UtcDateTime);
            deadlines[day] = deadlines.GetValueOrDefault(day) + 1;
        }

        LastDeadline = end is null || LastDeadline > end ? LastDeadline : end;
    }
}
