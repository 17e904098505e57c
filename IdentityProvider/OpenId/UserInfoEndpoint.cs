using IdentityProvider.Data;
using Microsoft.AspNetCore.Authentication;
using Microsoft.EntityFrameworkCore;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace IdentityProvider.OpenId;

/// <summary>Userinfo (OpenID Connect Core 5.3), once the engine has checked the access token.</summary>
internal static class UserInfoEndpoint
{
    public static async Task<IResult> HandleAsync(HttpContext http, IdpDbContext context)
    {
        var token = (await http.AuthenticateAsync(OpenIddictServerAspNetCoreDefaults.AuthenticationScheme)).Principal!;
        var id = token.GetClaim(Claims.Subject);
        var account = await context
            .Users.AsNoTracking()
            .SingleOrDefaultAsync(u => u.Id == id && u.SuspendedAt == null, http.RequestAborted);
        return account is not null ? Results.Json(AccountClaims.UserInfo(account, token))
            : id == token.GetClaim(Claims.ClientId)
                ? Refuse("The token was given to an application for itself, and userinfo is about a person.")
            : Refuse("The account is gone or suspended.");
    }

    private static IResult Refuse(string description) =>
        Results.Challenge(
            new AuthenticationProperties(
                new Dictionary<string, string?>
                {
                    [OpenIddictServerAspNetCoreConstants.Properties.Error] = Errors.InvalidToken,
                    [OpenIddictServerAspNetCoreConstants.Properties.ErrorDescription] = description,
                }
            ),
            [OpenIddictServerAspNetCoreDefaults.AuthenticationScheme]
        );
}
