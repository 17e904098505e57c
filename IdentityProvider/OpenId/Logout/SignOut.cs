using IdP.Recovery.Ports;
using IdP.UI.Ports;
using Microsoft.AspNetCore.WebUtilities;

namespace IdentityProvider.OpenId.Logout;

/// <summary>The end-session endpoint ends the session, which also tells the applications.</summary>
internal sealed class SignOut(AnswerTickets tickets) : ISignOut
{
    private const string Endpoint = "/connect/logout";

    public Task<string> RunAsync(HttpContext http, string? returnUrl, CancellationToken cancellationToken)
    {
        var request = returnUrl?.StartsWith(Endpoint + "?", StringComparison.Ordinal) == true ? returnUrl : Endpoint;
        return Task.FromResult(
            http.User.Identity is { IsAuthenticated: true }
                ? QueryHelpers.AddQueryString(
                    request,
                    AnswerTickets.LogoutParameter,
                    tickets.Logout(http.User.SessionOf())
                )
                : request
        );
    }
}
