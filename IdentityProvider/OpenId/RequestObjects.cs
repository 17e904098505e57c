using System.Text.Json;
using IdentityProvider.Clients;
using IdP.Recovery;
using Microsoft.AspNetCore;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;
using static OpenIddict.Server.OpenIddictServerHandlers;

namespace IdentityProvider.OpenId;

/// <summary>
/// Requests that a client has signed (RFC 9101, by value; OpenID Connect Core 6.1), at the authorization endpoint and where
/// requests are pushed. What is signed takes the place of the request: of what stands beside it only the client is read.
/// </summary>
internal static class RequestObjects
{
    public const string Parameter = Parameters.Request;

    /// <summary>In which a client may sign. Never with its secret, and never not at all.</summary>
    public static readonly string[] Algorithms =
    [
        SecurityAlgorithms.EcdsaSha256,
        SecurityAlgorithms.RsaSha256,
        SecurityAlgorithms.RsaSsaPssSha256,
    ];

    public static void Register(OpenIddictServerBuilder server)
    {
        server.RemoveEventHandler(Authentication.ValidateRequestParameter.Descriptor);
        server.RemoveEventHandler(Authentication.ValidatePushedRequestParameter.Descriptor);
        server.AddEventHandler<ExtractAuthorizationRequestContext>(builder =>
            builder
                .UseScopedHandler<ReadRequestObject<ExtractAuthorizationRequestContext>>()
                .SetOrder(int.MaxValue - 100_000)
        );
        server.AddEventHandler<ExtractPushedAuthorizationRequestContext>(builder =>
            builder
                .UseScopedHandler<ReadRequestObject<ExtractPushedAuthorizationRequestContext>>()
                .SetOrder(int.MaxValue - 100_000)
        );
    }
}

/// <summary>Puts what a client has signed in the place of its request.</summary>
internal sealed class ReadRequestObject<TContext>(
    ClientRegistry clients,
    IOptions<OriginOptions> origin,
    TimeProvider time
) : IOpenIddictServerHandler<TContext>
    where TContext : BaseValidatingContext
{
    // Nobody needs one for longer; and whoever gets hold of it can begin its sign-in again for so long.
    private static readonly TimeSpan LongestLife = TimeSpan.FromHours(1);

    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(1);

    private static readonly string[] Types = ["", "JWT", "oauth-authz-req+jwt", "application/oauth-authz-req+jwt"];

    // What an object says of itself, and who it is that a client proves to be beside it (RFC 9126, 3).
    private static readonly string[] OfTheToken = ["iss", "aud", "exp", "iat", "nbf", "jti", "sub"];
    private static readonly string[] Beside =
    [
        Parameters.ClientId,
        Parameters.ClientSecret,
        Parameters.ClientAssertion,
        Parameters.ClientAssertionType,
    ];

    public async ValueTask HandleAsync(TContext context)
    {
        if (context.Transaction.Request is not { ClientId: { Length: > 0 } clientId } request)
        {
            return;
        }

        var client = clients.FindByClientId(clientId);
        if ((string?)request[RequestObjects.Parameter] is not { Length: > 0 } signed)
        {
            // What was pushed was asked there.
            if (
                client is not null
                && new ClientView(client).RequiresSignedRequests
                && string.IsNullOrEmpty(request.RequestUri)
            )
            {
                context.Reject(
                    Errors.InvalidRequest,
                    "This client must sign its requests, and send them as 'request'."
                );
            }

            return;
        }

        if (!string.IsNullOrEmpty(request.RequestUri))
        {
            context.Reject(Errors.InvalidRequest, "A request has one of 'request' and 'request_uri'.");
            return;
        }

        if (client is null)
        {
            // The engine says what is wrong with it.
            request[RequestObjects.Parameter] = null;
            return;
        }

        var (token, flaw) = await ReadAsync(signed, clientId, client.JsonWebKeySet, IsBack(context));
        if (token is null)
        {
            context.Reject(Errors.InvalidRequestObject, flaw);
            return;
        }

        var resolved = new OpenIddictRequest();
        if (!TryCopy(token, clientId, resolved))
        {
            context.Reject(
                Errors.InvalidRequestObject,
                "The request object is of another client, or has another one inside."
            );
            return;
        }

        foreach (var name in Beside)
        {
            resolved.SetParameter(name, request.GetParameter(name));
        }

        context.Transaction.Request = resolved;
    }

    // Who it is of is said by iss, or by the client inside (RFC 9101, 4).
    private static bool TryCopy(JsonWebToken token, string clientId, OpenIddictRequest resolved)
    {
        try
        {
            using var payload = JsonDocument.Parse(Base64UrlEncoder.Decode(token.EncodedPayload));
            var inside = payload.RootElement.EnumerateObject().Where(p => !OfTheToken.Contains(p.Name)).ToList();
            var named = inside.Find(p => p.Name == Parameters.ClientId).Value;
            if (
                named.ValueKind == JsonValueKind.Undefined
                    ? token.Issuer.Length == 0
                    : named.ValueKind != JsonValueKind.String || named.GetString() != clientId
            )
            {
                return false;
            }

            foreach (var parameter in inside.Where(p => !Beside.Contains(p.Name)))
            {
                if (parameter.Name is "" or Parameters.Request or Parameters.RequestUri)
                {
                    return false;
                }

                resolved.SetParameter(parameter.Name, Text(parameter.Value));
            }

            return true;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Half a character, which is found when it is read.
            return false;
        }
    }

    // Whoever comes back from the sign-in page may have taken longer than the object lives: it was good when they came.
    private static bool IsBack(TContext context) =>
        context is ExtractAuthorizationRequestContext
        && context.Transaction.GetHttpRequest()?.HttpContext is { } http
        && KeptRequests.IsKept(http);

    private async Task<(JsonWebToken? Token, string? Flaw)> ReadAsync(
        string signed,
        string clientId,
        string? keys,
        bool isBack
    )
    {
        if (keys is null)
        {
            return (null, "The client has no keys declared with which it could sign.");
        }

        if (signed.Count(c => c == '.') != 2)
        {
            return (null, "The request object is not a signed JWT; encrypted ones are not taken.");
        }

        var now = time.GetUtcNow().UtcDateTime;
        var result = await new JsonWebTokenHandler { MapInboundClaims = false }.ValidateTokenAsync(
            signed,
            new TokenValidationParameters
            {
                ValidAlgorithms = RequestObjects.Algorithms,
                IssuerSigningKeys = new JsonWebKeySet(keys).GetSigningKeys(),
                TypeValidator = (type, _, _) =>
                    Types.Contains(type ?? "", StringComparer.OrdinalIgnoreCase)
                        ? type
                        : throw new SecurityTokenInvalidTypeException { InvalidType = type },
                IssuerValidator = (issuer, _, _) =>
                    issuer is null or "" || issuer == clientId
                        ? issuer
                        : throw new SecurityTokenInvalidIssuerException { InvalidIssuer = issuer },
                ValidAudiences = [origin.Value.Issuer(), origin.Value.Issuer() + "/"],
                LifetimeValidator = (from, to, _, _) =>
                    isBack || (to > now && to <= now + LongestLife && (from is null || from <= now + Skew)),
            }
        );
        return result.IsValid ? ((JsonWebToken)result.SecurityToken, null) : (null, Flaw(result.Exception));
    }

    private static string Flaw(Exception exception) =>
        exception switch
        {
            SecurityTokenInvalidAudienceException => "The request object is not for this issuer (aud).",
            SecurityTokenInvalidIssuerException => "The request object is not of this client (iss).",
            SecurityTokenInvalidTypeException => "The request object has another type (typ).",
            SecurityTokenInvalidLifetimeException
            or SecurityTokenExpiredException
            or SecurityTokenNoExpirationException => "The request object has expired, or has no exp within the hour.",
            SecurityTokenInvalidAlgorithmException
            or SecurityTokenSignatureKeyNotFoundException
            or SecurityTokenInvalidSignatureException =>
                "The request object is not signed by a key of the client, with ES256, RS256 or PS256.",
            _ => "The request object cannot be read.",
        };

    private static string? Text(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.Null => null,
            JsonValueKind.String => value.GetString(),
            _ => value.GetRawText(),
        };
}
