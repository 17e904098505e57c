using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery;

/// <summary>Finds what a scheduler lost, entries that are due and that nobody runs, and hands them out again.</summary>
public sealed class OutboxSweep
{
    // Of each lane, so that a thousand waiting mails do not hide one session to be ended.
    private const int Most = 500;
    private static readonly TimeSpan KeepDone = TimeSpan.FromDays(1);

    private readonly UnitOfWork work;
    private readonly IRecoveryJobs jobs;
    private readonly OutboxLanes lanes;

    internal OutboxSweep(UnitOfWork work, IRecoveryJobs jobs, OutboxLanes lanes)
    {
        this.work = work;
        this.jobs = jobs;
        this.lanes = lanes;
    }

    private DbSet<OutboxEntry> Entries => work.Context.Set<OutboxEntry>();

    /// <summary>
    /// Hands out what is due, oldest first, and drops what was done a day ago. It runs nothing itself. Called every minute;
    /// any number may run at once.
    /// </summary>
    /// <param name="cancellationToken">Stops; the next one goes on.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var now = work.Now;
        foreach (var lane in Enum.GetValues<OutboxLane>())
        {
            var open = Entries.Where(e => e.DoneAt == null && e.GivenUpAt == null && e.DueAt <= now);
            var (kinds, others) = (lanes.In(lane), lanes.NotIn(lane));
            if (lane == OutboxLane.Mail)
            {
                open = open.Where(e => !others.Contains(e.Kind));
            }
            else if (kinds.Count > 0)
            {
                open = open.Where(e => kinds.Contains(e.Kind));
            }
            else
            {
                continue;
            }

            var due = await open.OrderBy(e => e.DueAt).Select(e => e.Id).Take(Most).ToListAsync(cancellationToken);
            foreach (var id in due)
            {
                jobs.Run(id, lane);
            }
        }

        await Entries.Where(e => e.DoneAt < now - KeepDone).ExecuteDeleteAsync(cancellationToken);
    }

    /// <summary>
    /// Frees what an earlier process had in hand when it died, and what waits to be tried again. Only for a host that is the
    /// one process on its database, at its start: anywhere else, another node may be at work on it.
    /// </summary>
    /// <param name="cancellationToken">Stops; leases end by themselves.</param>
    public Task TakeOverAsync(CancellationToken cancellationToken)
    {
        var now = work.Now;
        return Entries
            .Where(e => e.DoneAt == null && e.GivenUpAt == null && e.Attempts > 0 && e.DueAt > now)
            .ExecuteUpdateAsync(set => set.SetProperty(e => e.DueAt, now), cancellationToken);
    }
}
