namespace IdP.Recovery;

/// <summary>
/// Where work waits: each lane has workers of its own, so that a mail server that hangs delays nothing but mail (threat 25).
/// </summary>
public enum OutboxLane
{
    /// <summary>Ending sessions and grants.</summary>
    Access,

    /// <summary>Telling applications and other services.</summary>
    Applications,

    /// <summary>Mail to people.</summary>
    Mail,

    /// <summary>Orders for many people, which take long.</summary>
    Batches,
}

/// <summary>A kind of outbox work, as a host or a slice has registered it.</summary>
/// <param name="Name">The name given to <see cref="UnitOfWork.Enqueue"/>.</param>
/// <param name="Lane">Where it waits.</param>
internal sealed record OutboxKind(string Name, OutboxLane Lane);

/// <summary>Knows the lane of each kind.</summary>
internal sealed class OutboxLanes(IEnumerable<OutboxKind> kinds)
{
    // Of two registrations of a kind the later one counts, as it does for its handler.
    private readonly Dictionary<string, OutboxLane> lanes = kinds
        .GroupBy(k => k.Name, StringComparer.Ordinal)
        .ToDictionary(k => k.Key, k => k.Last().Lane, StringComparer.Ordinal);

    /// <summary>How much of a lane a process does at once.</summary>
    public static int WorkersOf(OutboxLane lane) =>
        lane == OutboxLane.Batches ? 1 : Math.Clamp(Environment.ProcessorCount * 2, 2, 8);

    /// <summary>The lane of a kind. One that nobody does any more goes with the mail, until it is given up.</summary>
    public OutboxLane Of(string kind) => lanes.GetValueOrDefault(kind, OutboxLane.Mail);

    /// <summary>The kinds that wait in a lane.</summary>
    public IReadOnlyList<string> In(OutboxLane lane) => [.. lanes.Where(l => l.Value == lane).Select(l => l.Key)];

    /// <summary>The kinds that wait in any lane but one.</summary>
    public IReadOnlyList<string> NotIn(OutboxLane lane) => [.. lanes.Where(l => l.Value != lane).Select(l => l.Key)];
}
