using System.Linq.Expressions;
using IdP.Recovery.Audit;
using IdP.Recovery.Enrollment;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Dashboard;

/// <summary>Reads what the console's first page shows, each chart by one grouped query over an index of the audit.</summary>
public sealed class ReadDashboard
{
    /// <summary>The periods that may be asked for, in days.</summary>
    public static IReadOnlyList<int> Periods { get; } = [7, 30, 90];

    /// <summary>Of how many days the periods are counted that end soon.</summary>
    public const int EndingWithin = 7;

    private readonly UnitOfWork work;
    private readonly ICountMfaCoverage coverage;

    internal ReadDashboard(UnitOfWork work, ICountMfaCoverage coverage)
    {
        this.work = work;
        this.coverage = coverage;
    }

    /// <summary>Reads it.</summary>
    /// <param name="days">How long the charts are: one of <see cref="Periods"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The period is none of them.</exception>
    public async Task<DashboardFigures> RunAsync(int days, CancellationToken cancellationToken)
    {
        if (!Periods.Contains(days))
        {
            throw new ArgumentOutOfRangeException(nameof(days));
        }

        var resets = await ChartAsync(
            days,
            e => true,
            [new("asked", AuditEventTypes.ResetRequested), new("completed", AuditEventTypes.ResetCompleted)],
            cancellationToken
        );

        // Of a sign-in that failed, only a wrong password is a proof; of a factor, the password has its own line.
        var failed = await ChartAsync(
            days,
            e => (e.Type == AuditEventTypes.SignInFailed) == (e.Reason == AuditReasons.Password),
            [new("password", AuditEventTypes.SignInFailed), new("factor", AuditEventTypes.FactorRefused)],
            cancellationToken
        );
        // An address that no account has is closed like any other, but nobody is locked out by it.
        var lockouts = await ChartAsync(
            days,
            e => e.Reason != AuditReasons.Unknown,
            [new("locked", AuditEventTypes.LockedOut)],
            cancellationToken
        );
        var factors = await ChartAsync(
            days,
            e => true,
            [
                new("added", AuditEventTypes.FactorAdded),
                new("removed", AuditEventTypes.FactorRemoved),
                new("reset", AuditEventTypes.MfaReset),
            ],
            cancellationToken
        );
        var covered = await coverage.RunAsync(cancellationToken);
        var outbox = await work
            .Context.Set<OutboxEntry>()
            .Where(e => e.DoneAt == null)
            .GroupBy(e => e.GivenUpAt != null)
            .Select(g => new { GivenUp = g.Key, Count = g.Count() })
            .ToDictionaryAsync(g => g.GivenUp, g => g.Count, cancellationToken);
        var now = work.Now;
        var ending = await work
            .Context.Set<MfaEnrollment>()
            .CountAsync(
                e => e.EnrolledAt == null && e.EndsAt > now && e.EndsAt <= now + TimeSpan.FromDays(EndingWithin),
                cancellationToken
            );
        return new(
            resets,
            failed,
            lockouts,
            factors,
            await CoverageAsync(days, covered, cancellationToken),
            outbox.GetValueOrDefault(false),
            outbox.GetValueOrDefault(true),
            covered,
            ending
        );
    }

    private async Task<DailyChart> ChartAsync(
        int days,
        Expression<Func<AuditEvent, bool>> counted,
        Line[] lines,
        CancellationToken cancellationToken
    )
    {
        var first = AuditDays.Of(work.Now) - days + 1;
        var (from, to) = (AuditDays.Start(first - days), AuditDays.Start(first + days));
        var types = lines.Select(l => l.EventType).ToList();
        var groups = await work
            .Context.Set<AuditEvent>()
            .Where(e => types.Contains(e.Type) && e.At >= from && e.At < to)
            .Where(counted)
            .GroupBy(e => new { e.Type, Day = AuditDays.Of(e.At) })
            .Select(g => new
            {
                g.Key.Type,
                g.Key.Day,
                Count = g.Count(),
            })
            .ToListAsync(cancellationToken);
        return new(
            DateOnly.FromDateTime(AuditDays.Start(first).UtcDateTime),
            [
                .. lines.Select(line =>
                {
                    var counts = new int[days];
                    var before = 0;
                    foreach (var group in groups.Where(g => g.Type == line.EventType))
                    {
                        if (group.Day < first)
                        {
                            before += group.Count;
                        }
                        else
                        {
                            counts[group.Day - first] = group.Count;
                        }
                    }

                    return new DailyCounts(line.Name, line.EventType, counts, before);
                }),
            ]
        );
    }

    // A day on which nothing was counted is as the one before.
    private async Task<DailyChart> CoverageAsync(int days, MfaCoverage now, CancellationToken cancellationToken)
    {
        var today = DateOnly.FromDateTime(work.Now.UtcDateTime);
        var first = today.AddDays(1 - days);
        var rows = await work
            .Context.Set<MfaCoverageDay>()
            .AsNoTracking()
            .Where(d => d.Day >= first && d.Day < today)
            .OrderBy(d => d.Day)
            .ToListAsync(cancellationToken);
        var begins = rows.Count > 0 ? rows[0].Day : today;
        var (enrolled, accounts) = (new List<int>(), new List<int>());
        foreach (var row in rows)
        {
            while (begins.AddDays(enrolled.Count) < row.Day)
            {
                enrolled.Add(enrolled[^1]);
                accounts.Add(accounts[^1]);
            }

            enrolled.Add(row.Enrolled);
            accounts.Add(row.Accounts);
        }

        while (begins.AddDays(enrolled.Count) < today)
        {
            enrolled.Add(enrolled[^1]);
            accounts.Add(accounts[^1]);
        }

        enrolled.Add(now.Enrolled);
        accounts.Add(now.Accounts);
        return new(begins, [new("enrolled", null, enrolled, 0), new("accounts", null, accounts, 0)]);
    }

    private sealed record Line(string Name, string EventType);
}
