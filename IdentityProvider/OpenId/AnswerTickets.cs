using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;

namespace IdentityProvider.OpenId;

/// <summary>
/// What a person answered on the way through an authorization request, carried in its address: that they signed in
/// anew after it asked for that, and what they said on the consent page. Encrypted, and good for ten minutes.
/// </summary>
internal sealed class AnswerTickets(IDataProtectionProvider protection, TimeProvider time)
{
    /// <summary>The parameter that says since when a new sign-in is asked for.</summary>
    public const string LoginParameter = "idp_login";

    /// <summary>The parameter that carries the answer of the consent page.</summary>
    public const string ConsentParameter = "idp_consent";

    /// <summary>The parameter that says that the person wants to sign out.</summary>
    public const string LogoutParameter = "idp_logout";

    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    private readonly ITimeLimitedDataProtector protector = protection
        .CreateProtector("IdentityProvider.AnswerTickets.v1")
        .ToTimeLimitedDataProtector();

    /// <summary>That a request asks for a new sign-in, now, in place of the session there is.</summary>
    public string LoginAsked(string? sessionId, string request) =>
        Protect(
            "login",
            string.Create(
                CultureInfo.InvariantCulture,
                $"{time.GetUtcNow().ToUnixTimeSeconds()}\n{sessionId}\n{request}"
            )
        );

    /// <summary>Whether a session began after that request asked for it.</summary>
    public bool SignedInSince(string? ticket, string sessionId, DateTimeOffset signedInAt, string request) =>
        Read(ticket, "login")?.Split('\n') is [var seconds, var old, var asked]
        && old != sessionId
        && asked == request
        && signedInAt.ToUnixTimeSeconds() >= long.Parse(seconds, CultureInfo.InvariantCulture);

    /// <summary>What the consent page asks, handed to it by the authorization endpoint, which has checked it.</summary>
    public string Ask(ConsentQuestion question) =>
        Protect("ask", string.Join('\n', question.ClientId, question.Scopes, question.Target, question.ReturnUrl));

    /// <summary>The question of a ticket; null when it is not ours or too old.</summary>
    public ConsentQuestion? Asked(string? ticket) =>
        Read(ticket, "ask") is { } text && text.Split('\n') is [var client, var scopes, var target, var returnUrl]
            ? new(client, scopes, target, returnUrl)
            : null;

    public string Consent(bool granted, string accountId, string clientId, string scopes) =>
        Protect("consent", string.Join('\n', granted ? "granted" : "denied", accountId, clientId, scopes));

    /// <summary>The answer, if it was given by this person, to this client, for these scopes; null otherwise.</summary>
    public bool? ConsentGiven(string? ticket, string accountId, string clientId, string scopes) =>
        Read(ticket, "consent") is { } text
        && text.Split('\n') is [var answer, var account, var client, var asked]
        && (account, client, asked) == (accountId, clientId, scopes)
            ? answer == "granted"
            : null;

    /// <summary>That the person of a session wants to sign out.</summary>
    public string Logout(string sessionId) => Protect("logout", sessionId);

    public bool WantsLogout(string? ticket, string sessionId) => Read(ticket, "logout") == sessionId;

    private string Protect(string kind, string text) =>
        protector.Protect($"{kind}\n{text}", time.GetUtcNow() + Lifetime);

    private string? Read(string? ticket, string kind)
    {
        if (string.IsNullOrEmpty(ticket))
        {
            return null;
        }

        try
        {
            var text = protector.Unprotect(ticket, out var expiresAt);
            return expiresAt > time.GetUtcNow() && text.StartsWith(kind + "\n", StringComparison.Ordinal)
                ? text[(kind.Length + 1)..]
                : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}

/// <summary>What the consent page asks.</summary>
/// <param name="ClientId">Who asks.</param>
/// <param name="Scopes">For what, separated by spaces.</param>
/// <param name="Target">The host that the answer goes to: the one thing an impostor cannot choose.</param>
/// <param name="ReturnUrl">Where the answer is taken.</param>
internal sealed record ConsentQuestion(string ClientId, string Scopes, string Target, string ReturnUrl);
