using IdP.Recovery;
using IdP.Recovery.Ports;

namespace Tests.Support;

/// <summary>A scheduler that loses everything it is told: tests run the outbox themselves, by what is due.</summary>
internal sealed class QueuedJobs : IRecoveryJobs
{
    private int announced;

    /// <summary>How often a lane was woken.</summary>
    public int Announced => announced;

    public void Wake(OutboxLane lane) => Interlocked.Increment(ref announced);
}
