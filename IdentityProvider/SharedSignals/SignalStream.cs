namespace IdentityProvider.SharedSignals;

/// <summary>How events reach a receiver.</summary>
public enum SignalDelivery
{
    /// <summary>The receiver fetches them (RFC 8936).</summary>
    Poll,

    /// <summary>They are posted to the receiver (RFC 8935).</summary>
    Push,
}

/// <summary>What a stream does with events (SSF 1.0, 8.1.2).</summary>
public enum SignalStreamStatus
{
    /// <summary>Sends them.</summary>
    Enabled,

    /// <summary>Holds them until it is enabled again.</summary>
    Paused,

    /// <summary>Drops them.</summary>
    Disabled,
}

/// <summary>An event stream of a receiver (SSF 1.0, 8.1); a client has one.</summary>
public sealed class SignalStream
{
    /// <summary>The stream's id, which opens nothing.</summary>
    public required string Id { get; init; }

    /// <summary>The client that made it, that alone may see it, and that is the audience of its events.</summary>
    public required string ClientId { get; init; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Push or poll.</summary>
    public SignalDelivery Delivery { get; set; }

    /// <summary>Where events are pushed to; null with poll.</summary>
    public string? EndpointUrl { get; set; }

    /// <summary>The value of <c>Authorization</c> when pushing, encrypted.</summary>
    public string? ProtectedAuthorization { get; set; }

    /// <summary>The event types asked for, with spaces between; null asks for all.</summary>
    public string? EventsRequested { get; set; }

    /// <summary>What the receiver says of it.</summary>
    public string? Description { get; set; }

    /// <summary>Enabled, paused or disabled.</summary>
    public SignalStreamStatus Status { get; set; }

    /// <summary>Why, as the receiver said when it changed the status.</summary>
    public string? StatusReason { get; set; }

    /// <summary>When a verification was last asked for.</summary>
    public DateTimeOffset? VerifiedAt { get; set; }

    /// <summary>Whether it carries events of a type.</summary>
    public bool Wants(string eventType) => EventsRequested is null || EventsRequested.Split(' ').Contains(eventType);
}

/// <summary>A subject that a receiver removed from its stream. Every other subject is in it.</summary>
public sealed class SignalExclusion
{
    /// <summary>The stream.</summary>
    public required string StreamId { get; init; }

    /// <summary>A hash of the subject as the receiver named it, whether or not there is such an account.</summary>
    public required string Subject { get; init; }
}

/// <summary>An event for one stream, from its cause until it is old.</summary>
public sealed class SignalEvent
{
    /// <summary>The event's id, which sorts by time; the <c>jti</c> of its token, the same at every try.</summary>
    public Guid Id { get; init; }

    /// <summary>The stream.</summary>
    public required string StreamId { get; init; }

    /// <summary>The audit event or verification that it tells of.</summary>
    public Guid CauseId { get; init; }

    /// <summary>The event type's address.</summary>
    public required string EventType { get; init; }

    /// <summary>What is shared by all that came of one cause (<c>txn</c>).</summary>
    public Guid Transaction { get; init; }

    /// <summary>The subject (RFC 9493), as JSON.</summary>
    public required string Subject { get; init; }

    /// <summary>The event's own content, as JSON.</summary>
    public required string Content { get; init; }

    /// <summary>When it was issued (<c>iat</c>).</summary>
    public DateTimeOffset IssuedAt { get; init; }

    /// <summary>When the receiver took it, or said that it never will.</summary>
    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>Why the receiver will not take it (RFC 8935, 2.4); null when it took it.</summary>
    public string? Error { get; set; }

    /// <summary>What the receiver said of that.</summary>
    public string? ErrorDescription { get; set; }
}
