using System.Security.Cryptography;
using IdentityProvider.Clients;
using IdP.Recovery;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;

namespace IdentityProvider.OpenId.Logout;

/// <summary>
/// Tells applications through the person's browser that a session has ended (OpenID Connect Front-Channel Logout 1.0):
/// a page loads each one's address in a frame, then goes on. What it loads is carried encrypted in its address.
/// </summary>
internal sealed class FrontChannelLogout(
    ClientRegistry clients,
    IDataProtectionProvider protection,
    IOptions<OriginOptions> origin
)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    private readonly ITimeLimitedDataProtector protector = protection
        .CreateProtector("IdentityProvider.FrontChannelLogout.v1")
        .ToTimeLimitedDataProtector();

    /// <summary>The page to go to; null when no application wants to be told this way.</summary>
    public string? Begin(string sessionId, IEnumerable<string> clientIds, string goOn)
    {
        var frames = clientIds.Select(id => Frame(id, sessionId)).OfType<string>().ToList();
        if (frames.Count == 0)
        {
            return null;
        }

        var ticket = protector.Protect(string.Join('\n', [goOn, .. frames]), Lifetime);
        return "/logout/applications" + QueryString.Create("ticket", ticket);
    }

    /// <summary>What a page made by <see cref="Begin"/> loads, and where it goes on.</summary>
    public (string GoOn, IReadOnlyList<string> Frames)? Read(string? ticket)
    {
        try
        {
            return ticket is not null && protector.Unprotect(ticket).Split('\n') is [var goOn, .. var frames]
                ? (goOn, frames)
                : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private string? Frame(string clientId, string sessionId) =>
        ClientProperties.Read(clients.FindByClientId(clientId)?.Properties, ClientDescriptors.FrontChannelLogoutUri)
            is { } uri
            ? QueryHelpers.AddQueryString(
                uri,
                new Dictionary<string, string?> { ["iss"] = origin.Value.Issuer(), ["sid"] = sessionId }
            )
            : null;
}
