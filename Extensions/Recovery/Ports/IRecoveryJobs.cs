namespace IdP.Recovery.Ports;

/// <summary>
/// Port: a scheduler that calls <see cref="OutboxRunner.RunAsync"/>. It may lose or double what it was told: the
/// outbox row is the truth, and <see cref="OutboxSweep.RunAsync"/>, which the scheduler calls every minute, finds
/// what was left.
/// </summary>
public interface IRecoveryJobs
{
    /// <summary>Runs an outbox entry soon.</summary>
    /// <param name="entryId">The entry; the only thing a job may carry.</param>
    /// <param name="lane">Where it waits. Lanes must not wait for each other.</param>
    void Run(Guid entryId, OutboxLane lane);

    /// <summary>Runs an outbox entry at or after a time.</summary>
    /// <param name="lane">Where it waits.</param>
    /// <param name="dueAt">The time.</param>
    void RunAt(Guid entryId, OutboxLane lane, DateTimeOffset dueAt);
}
