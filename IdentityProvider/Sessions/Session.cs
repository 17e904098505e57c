namespace IdentityProvider.Sessions;

/// <summary>A sign-in of one browser; the cookie holds only a secret that leads to this row.</summary>
public sealed class Session
{
    /// <summary>May be shown, and is the <c>sid</c> of ID tokens; knowing it opens nothing.</summary>
    public required string Id { get; init; }

    /// <summary>SHA-256 of the cookie's secret.</summary>
    public required byte[] KeyHash { get; set; }

    /// <summary>Whose session it is.</summary>
    public required string AccountId { get; init; }

    /// <summary>The account's security stamp when it began: a change of a credential ends the session.</summary>
    public required string SecurityStamp { get; set; }

    /// <summary>The authentication ticket, encrypted.</summary>
    public required byte[] Ticket { get; set; }

    /// <summary>When the person proved who they are.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>When the person last proved all that is enrolled; null where a remembered browser stood in for a factor.</summary>
    public DateTimeOffset? ProvedAt { get; set; }

    /// <summary>When it was last seen, to the minute.</summary>
    public DateTimeOffset LastUsedAt { get; set; }

    /// <summary>When it ends, whatever happens.</summary>
    public DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The client's address.</summary>
    public string? Network { get; init; }

    /// <summary>The browser in words.</summary>
    public string? Browser { get; init; }

    /// <summary>The applications that were given an ID token through it.</summary>
    public ICollection<SessionClient> Clients { get; } = [];
}

/// <summary>An application signed in to through a session, which is told when the session ends.</summary>
public sealed class SessionClient
{
    /// <summary>The session.</summary>
    public required string SessionId { get; init; }

    /// <summary>The application.</summary>
    public required string ClientId { get; init; }
}
