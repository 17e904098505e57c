using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Dashboard;

/// <summary>
/// A recurring job: keeps each day how many accounts have a second factor, since no event tells it afterwards.
/// </summary>
public sealed class RecordMfaCoverage
{
    // As far back as the longest chart reaches, and the same time a year before.
    private const int KeptDays = 500;

    private readonly UnitOfWork work;
    private readonly ICountMfaCoverage coverage;

    internal RecordMfaCoverage(UnitOfWork work, ICountMfaCoverage coverage)
    {
        this.work = work;
        this.coverage = coverage;
    }

    private DbSet<MfaCoverageDay> Days => work.Context.Set<MfaCoverageDay>();

    /// <summary>Does it, once a day: the first call of a day counts. Called every hour.</summary>
    /// <param name="cancellationToken">Stops; the next call counts.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var today = DateOnly.FromDateTime(work.Now.UtcDateTime);
        if (await Days.AnyAsync(d => d.Day == today, cancellationToken))
        {
            return;
        }

        var (enrolled, accounts) = await coverage.RunAsync(cancellationToken);
        try
        {
            await work.RunAsync(
                async inner =>
                {
                    Days.Add(
                        new MfaCoverageDay
                        {
                            Day = today,
                            Enrolled = enrolled,
                            Accounts = accounts,
                        }
                    );
                    var kept = today.AddDays(-KeptDays);
                    await Days.Where(d => d.Day < kept).ExecuteDeleteAsync(inner);
                },
                cancellationToken
            );
        }
        catch (DbUpdateException)
        {
            // Another node was first; its row is as good.
            if (!await Days.AnyAsync(d => d.Day == today, cancellationToken))
            {
                throw;
            }
        }
    }
}
