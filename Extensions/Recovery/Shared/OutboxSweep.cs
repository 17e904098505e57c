using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery;

/// <summary>Finds what a scheduler lost: entries that are due and that nobody runs.</summary>
public sealed class OutboxSweep(UnitOfWork work, OutboxRunner runner)
{
    private const int Batch = 200;

    // Below the minute after which the next one begins: a slow mail server must not fill every worker with sweeps.
    private static readonly TimeSpan Shift = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan KeepDone = TimeSpan.FromDays(1);

    /// <summary>
    /// Runs what is due, oldest first, for 45 seconds at most, and drops what was done a day ago. Called every minute.
    /// Any number may run at once.
    /// </summary>
    /// <param name="cancellationToken">Stops after the entry under way.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var now = work.Now;
        var due = await work
            .Context.Set<OutboxEntry>()
            .Where(e => e.DoneAt == null && e.GivenUpAt == null && e.DueAt <= now)
            .OrderBy(e => e.DueAt)
            .Select(e => e.Id)
            .Take(Batch)
            .ToListAsync(cancellationToken);
        foreach (var id in due)
        {
            if (work.Now >= now + Shift)
            {
                break;
            }

            await runner.RunAsync(id, cancellationToken);
        }

        await work
            .Context.Set<OutboxEntry>()
            .Where(e => e.DoneAt < now - KeepDone)
            .ExecuteDeleteAsync(cancellationToken);
    }
}
