namespace IdP.Recovery.Ports;

/// <summary>
/// Port: a scheduler that calls <see cref="OutboxRunner.RunAsync(OutboxLane, CancellationToken)"/>, in this process or in
/// another on the same database. It may lose or double what it was told: rows of the outbox are the truth, and every
/// process looks itself for what is due and wakes its lane.
/// </summary>
public interface IRecoveryJobs
{
    /// <summary>Lets a lane be worked through soon. Called for every commit: many calls are as good as one.</summary>
    /// <param name="lane">Which. Lanes must not wait for each other.</param>
    void Wake(OutboxLane lane);
}
