namespace IdentityProvider.Api;

/// <summary>What an MFA reset of many users is asked for with.</summary>
internal sealed record MfaResetOfManyWish(IReadOnlyList<string?> UserIds, string Reason)
{
    /// <summary>Whether they may sign in without a factor for a while.</summary>
    public bool Exclusion { get; init; }

    /// <summary>For how many days: 1 to 365; when nothing is said, what the dialogs of the console offer.</summary>
    public int? ExclusionDays { get; init; }

    /// <summary>Or until which day of the calendar in UTC, such as 2026-12-24.</summary>
    public DateOnly? ExclusionUntil { get; init; }

    /// <summary>Of totp, passkeys, recovery-codes; all when nothing is said.</summary>
    public IReadOnlyList<string>? Factors { get; init; }

    /// <summary>Over how many further days the ends are spread; 0 when nothing is said.</summary>
    public int SpreadDays { get; init; }
}

/// <summary>A job and where it stands: <c>running</c>, <c>stopped</c> or <c>ended</c>.</summary>
internal sealed record JobAnswer(
    Guid Id,
    string State,
    int Total,
    int Done,
    IReadOnlyDictionary<string, int> Outcomes,
    DateTimeOffset StartedAt,
    DateTimeOffset? EndedAt
);

/// <summary>A job in a list.</summary>
internal sealed record JobSummary(
    Guid Id,
    string State,
    int Total,
    string ActorId,
    DateTimeOffset StartedAt,
    DateTimeOffset? EndedAt
);

/// <summary>The latest jobs, newest first.</summary>
internal sealed record JobList(IReadOnlyList<JobSummary> Jobs);

/// <summary>What came of one user; <c>waiting</c> until the turn comes.</summary>
internal sealed record JobResult(string UserId, string Outcome, DateTimeOffset? DoneAt, DateTimeOffset? EnrollUntil);

/// <summary>A page of a report; <c>next</c> is null on the last.</summary>
internal sealed record JobReport(IReadOnlyList<JobResult> Users, string? Next);
