using System.Security.Claims;
using IdentityProvider.Clients;
using IdentityProvider.SigningKeys;
using IdP.Recovery;
using IdP.Recovery.Ports;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace IdentityProvider.OpenId;

/// <summary>Reads the access tokens that this provider has given for its own APIs (RFC 6750, 2.1; RFC 9068).</summary>
internal sealed class AccessTokens(
    SigningKeySet keys,
    ClientRegistry clients,
    LiveTokens live,
    IOptions<OriginOptions> origin,
    TimeProvider time
)
{
    private const string Scheme = "Bearer ";

    /// <summary>What a valid token in the header says; null when there is none. It has a <c>client_id</c> and a <c>sub</c>.</summary>
    public async Task<ClaimsIdentity?> ReadAsync(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var result = await new JsonWebTokenHandler { MapInboundClaims = false }.ValidateTokenAsync(
            header[Scheme.Length..].Trim(),
            new TokenValidationParameters
            {
                ValidIssuer = origin.Value.Issuer(),

                // The scopes are the host's own: a token for another API has none of them, and gets 403.
                ValidateAudience = false,
                TypeValidator = (type, token, _) =>
                    TypeAccessTokens.TypeOf(type, token) is TypeAccessTokens.Usual
                        ? type
                        : throw new SecurityTokenInvalidTypeException { InvalidType = type },
                ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.RsaSha256],
                IssuerSigningKeys = keys.Published.Select(k => k.Key).OfType<AsymmetricSecurityKey>(),
                LifetimeValidator = (_, to, _, _) => to > time.GetUtcNow().UtcDateTime,
            }
        );
        return
            result is { IsValid: true, ClaimsIdentity: var identity }
            && identity.FindFirst("client_id")?.Value is { } clientId
            && identity.FindFirst("sub") is not null
            && clients.FindByClientId(clientId) is not null
            && await live.IsLiveAsync(
                identity.FindFirst(Claims.JwtId)!.Value,
                identity.FindFirst(Claims.Private.AuthorizationId)?.Value,
                identity.FindFirst(SessionClaims.SessionId)?.Value,
                request.HttpContext.RequestAborted
            )
            ? identity
            : null;
    }

    /// <summary>The scopes of a token.</summary>
    public static IReadOnlyList<string> ScopesOf(ClaimsIdentity token) =>
        [.. token.FindAll("scope").SelectMany(c => c.Value.Split(' '))];
}
