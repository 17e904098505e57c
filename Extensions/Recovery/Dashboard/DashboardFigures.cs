namespace IdP.Recovery.Dashboard;

/// <summary>What the console's first page shows.</summary>
/// <param name="Resets">Password resets: asked for, completed.</param>
/// <param name="FailedProofs">Proofs that were refused: of a password, of a second factor.</param>
/// <param name="Lockouts">Accounts that failures have locked.</param>
/// <param name="Factors">Second factors: set up, removed, reset by an administrator.</param>
/// <param name="CoverageDays">Accounts with a second factor and all accounts, from the first day that is known; the last
/// is of now.</param>
/// <param name="WorkWaiting">How many mails and other pieces of work wait for another try.</param>
/// <param name="WorkGivenUp">How many were given up.</param>
/// <param name="Coverage">Who has a second factor.</param>
/// <param name="EnrollmentsEnding">How many people's enrollment period ends within seven days.</param>
public sealed record DashboardFigures(
    DailyChart Resets,
    DailyChart FailedProofs,
    DailyChart Lockouts,
    DailyChart Factors,
    DailyChart CoverageDays,
    int WorkWaiting,
    int WorkGivenUp,
    MfaCoverage Coverage,
    int EnrollmentsEnding
);

/// <summary>Counts for each day of a period, in UTC; the last day is today.</summary>
/// <param name="Series">One or more.</param>
public sealed record DailyChart(DateOnly FirstDay, IReadOnlyList<DailyCounts> Series);

/// <summary>A line of a chart.</summary>
/// <param name="Name">What is counted: <c>asked</c>, <c>completed</c>, <c>password</c>, <c>factor</c>, <c>locked</c>,
/// <c>added</c>, <c>removed</c>, <c>reset</c>, <c>enrolled</c>, <c>accounts</c>.</param>
/// <param name="EventType">Of which audit events; null for accounts.</param>
/// <param name="Counts">One for each day.</param>
/// <param name="Before">How many there were in the period of the same length before.</param>
public sealed record DailyCounts(string Name, string? EventType, IReadOnlyList<int> Counts, int Before)
{
    /// <summary>How many there were in the period.</summary>
    public int Total => Counts.Sum();
}

/// <summary>Who has a second factor.</summary>
/// <param name="Enrolled">How many accounts have one.</param>
/// <param name="Accounts">How many accounts there are.</param>
public sealed record MfaCoverage(int Enrolled, int Accounts);
