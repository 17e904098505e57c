namespace IdentityProvider.OpenId.Logout;

/// <summary>An application that is to be told that a session ended; outlives the session's row.</summary>
public sealed class LogoutNotice
{
    /// <summary>The notice's id, and the <c>jti</c> of its token, the same at every try.</summary>
    public Guid Id { get; init; }

    /// <summary>Whose session it was.</summary>
    public required string AccountId { get; init; }

    /// <summary>The session.</summary>
    public required string SessionId { get; init; }

    /// <summary>The application.</summary>
    public required string ClientId { get; init; }

    /// <summary>When the session ended.</summary>
    public DateTimeOffset EndedAt { get; init; }

    /// <summary>When the application refused its token, which no second try changes; null otherwise.</summary>
    public DateTimeOffset? RefusedAt { get; set; }

    /// <summary>The status of its last answer that was no success; null where there was none.</summary>
    public string? Answer { get; set; }
}
