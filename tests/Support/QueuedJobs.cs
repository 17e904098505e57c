using IdP.Recovery;
using IdP.Recovery.Ports;

namespace Tests.Support;

/// <summary>A scheduler that loses everything it is told: tests run the outbox themselves, by what is due.</summary>
internal sealed class QueuedJobs : IRecoveryJobs
{
    private int announced;

    /// <summary>How often work was announced to run at once.</summary>
    public int Announced => announced;

    public void Run(Guid entryId, OutboxLane lane) => Interlocked.Increment(ref announced);

    public void RunAt(Guid entryId, OutboxLane lane, DateTimeOffset dueAt) { }
}
