namespace IdP.Recovery;

/// <summary>Does one kind of outbox work. It may be called again after a crash and must be idempotent.</summary>
public interface IOutboxHandler
{
    /// <summary>Does the work; an exception means 'not yet', and the entry is tried again later.</summary>
    /// <param name="cancellationToken">Stops; the entry is tried again later.</param>
    Task HandleAsync(OutboxEntry entry, CancellationToken cancellationToken);

    /// <summary>Called when an entry is given up, in the transaction that keeps it.</summary>
    Task GivenUpAsync(OutboxEntry entry, CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>Thrown by a handler that cannot begin yet: the entry waits for so long, and this was no try.</summary>
internal sealed class PutOffException(TimeSpan wait) : Exception("Not yet.")
{
    public TimeSpan Wait => wait;

    /// <summary>Whether it waits for as long as it takes, since somebody has said so.</summary>
    public bool Endless { get; init; }
}
