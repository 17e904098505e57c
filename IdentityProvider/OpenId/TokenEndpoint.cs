using System.Security.Claims;
using IdP.Recovery.Enrollment;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace IdentityProvider.OpenId;

/// <summary>The token endpoint, once the engine has checked client, code and PKCE.</summary>
internal static class TokenEndpoint
{
    public static async Task<IResult> HandleAsync(HttpContext http, AccountClaims claims)
    {
        var request = http.GetOpenIddictServerRequest()!;
        if (request.IsClientCredentialsGrantType())
        {
            return SignIn(claims.DescribeClient(request.ClientId!, request.GetScopes()));
        }

        var presented = (
            await http.AuthenticateAsync(OpenIddictServerAspNetCoreDefaults.AuthenticationScheme)
        ).Principal!;
        if (await claims.FindCurrentAsync(presented, http.RequestAborted) is not { } account)
        {
            return Refuse("The grant has ended.");
        }

        // The grant waits: with a new period, or a factor, the same token is good again.
        var deadline = http.RequestServices.GetRequiredService<EnrollmentDeadline>();
        if (await deadline.HasPassedAsync(account.Id, http.RequestAborted))
        {
            return Refuse("A second factor must be set up first.");
        }

        // A code is of its session, a device's too: the application could not be told of a logout that was before it
        // came. What offline access gave lives on after a plain logout (Back-Channel Logout 2.7).
        if (!await claims.SessionLivesAsync(presented, http.RequestAborted))
        {
            if (!request.IsRefreshTokenGrantType())
            {
                return Refuse("The session has ended.");
            }

            AccountClaims.OutliveSession(presented);
        }

        if (!await claims.SpendAsync(presented, http.RequestAborted))
        {
            return Refuse("The grant was used before.");
        }

        return SignIn(presented);
    }

    private static IResult SignIn(ClaimsPrincipal principal) =>
        Results.SignIn(principal, null, OpenIddictServerAspNetCoreDefaults.AuthenticationScheme);

    private static IResult Refuse(string description) =>
        Results.Forbid(
            new AuthenticationProperties(
                new Dictionary<string, string?>
                {
                    [OpenIddictServerAspNetCoreConstants.Properties.Error] = Errors.InvalidGrant,
                    [OpenIddictServerAspNetCoreConstants.Properties.ErrorDescription] = description,
                }
            ),
            [OpenIddictServerAspNetCoreDefaults.AuthenticationScheme]
        );
}
