using System.Security.Claims;

namespace IdP.Recovery.Ports;

/// <summary>The claims of a session's principal, under their OpenID Connect names.</summary>
public static class SessionClaims
{
    /// <summary>The account's id.</summary>
    public const string Subject = "sub";

    /// <summary>The person's name, or the address where there is none.</summary>
    public const string Name = "name";

    /// <summary>The account's address.</summary>
    public const string Email = "email";

    /// <summary>The account's language, BCP 47.</summary>
    public const string Locale = "locale";

    /// <summary>The session's id, as the id of a session.</summary>
    public const string SessionId = "sid";

    /// <summary>One claim for each role.</summary>
    public const string Role = "role";

    /// <summary>When the person proved who they are, in Unix seconds.</summary>
    public const string AuthenticationTime = "auth_time";

    /// <summary>One claim for each method (RFC 8176).</summary>
    public const string Methods = "amr";

    /// <summary>The account's security stamp when the session began.</summary>
    public const string SecurityStamp = "stamp";

    /// <summary>The signed-in account.</summary>
    /// <param name="principal">A session's principal.</param>
    /// <exception cref="InvalidOperationException">Nobody is signed in.</exception>
    public static string AccountId(this ClaimsPrincipal principal) => principal.Required(Subject);

    /// <summary>The session through which the account is signed in.</summary>
    /// <param name="principal">A session's principal.</param>
    /// <exception cref="InvalidOperationException">Nobody is signed in.</exception>
    public static string SessionOf(this ClaimsPrincipal principal) => principal.Required(SessionId);

    private static string Required(this ClaimsPrincipal principal, string type) =>
        principal.FindFirst(type)?.Value ?? throw new InvalidOperationException($"The principal has no {type}.");
}
