namespace IdentityProvider.Sessions;

/// <summary>The claims of a session's principal, under their OpenID Connect names.</summary>
internal static class SessionClaims
{
    public const string Subject = "sub";
    public const string Name = "name";
    public const string Email = "email";
    public const string Locale = "locale";
    public const string SessionId = "sid";
    public const string Role = "role";

    /// <summary>When the person proved who they are, in Unix seconds.</summary>
    public const string AuthenticationTime = "auth_time";

    /// <summary>One claim for each method (RFC 8176).</summary>
    public const string Methods = "amr";

    /// <summary>The account's security stamp when the session began.</summary>
    public const string SecurityStamp = "stamp";
}

/// <summary>The authentication schemes of the host.</summary>
internal static class SessionSchemes
{
    /// <summary>Reads the session's cookie.</summary>
    public const string Session = "session";

    /// <summary>Writes it. A handler of its own, since one that has read a cookie keeps its key (fixation).</summary>
    public const string Start = "session.start";
}
