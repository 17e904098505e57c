using IdentityProvider.Clients;
using IdentityProvider.Data;
using IdentityProvider.SigningKeys;
using IdP.Recovery;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace IdentityProvider.OpenId;

/// <summary>Signs the tokens of a client as it asked for, with the key that is in use.</summary>
internal sealed class ChooseSigningKey(ClientRegistry clients, SigningKeySet keys)
    : IOpenIddictServerHandler<GenerateTokenContext>
{
    public ValueTask HandleAsync(GenerateTokenContext context)
    {
        var client = context.ClientId is { } clientId ? clients.FindByClientId(clientId) : null;
        var algorithm = context.TokenType switch
        {
            TokenTypeIdentifiers.AccessToken => ClientProperties.Read(
                client?.Properties,
                ClientDescriptors.AccessTokenSigningAlg
            ),
            TokenTypeIdentifiers.IdentityToken => ClientProperties.Read(
                client?.Properties,
                ClientDescriptors.IdTokenSigningAlg
            ) ?? ClientDeclaration.UsualIdTokenSigningAlg,
            _ => null,
        };
        var known = context.Options.SigningCredentials;
        context.SigningCredentials = keys
            .Usable.Where(k => k.Algorithm == (algorithm ?? SigningKeyProtection.Algorithms[0]))
            .Select(k => known.Find(c => c.Key == k.Key))
            .First(c => c is not null);
        return ValueTask.CompletedTask;
    }
}

/// <summary>
/// A refresh may ask for less (RFC 6749, 6): the access token has less then, and the refresh token stays what it was.
/// </summary>
internal sealed class NarrowRefreshedTokens(ClientRegistry clients) : IOpenIddictServerHandler<ProcessSignInContext>
{
    public ValueTask HandleAsync(ProcessSignInContext context)
    {
        if (
            context is { Request: { } request, AccessTokenPrincipal: { } token }
            && request.IsRefreshTokenGrantType()
            && request.GetScopes() is { Length: > 0 } fewer
        )
        {
            token.SetScopes(fewer);
            token.SetAudiences(clients.ResourcesOf(fewer));
        }

        return ValueTask.CompletedTask;
    }

    // RFC 6749, 5.2: the scope is what is wrong, not the token, which the engine would say.
    public static ValueTask RefuseMore(ValidateTokenRequestContext context)
    {
        if (
            context.Request.IsRefreshTokenGrantType()
            && context.RefreshTokenPrincipal is { } granted
            && !context.Request.GetScopes().All(granted.HasScope)
        )
        {
            context.Reject(Errors.InvalidScope, "A refresh must not ask for more than was granted.");
        }

        return ValueTask.CompletedTask;
    }
}

/// <summary>
/// Addresses an access token that no API is meant by to this host, whose userinfo is what it is for (RFC 9068, 2.2 and 3).
/// </summary>
internal sealed class AddressAccessTokens(IOptions<OriginOptions> origin)
    : IOpenIddictServerHandler<ProcessSignInContext>
{
    public ValueTask HandleAsync(ProcessSignInContext context)
    {
        if (context.AccessTokenPrincipal is { } token && token.GetAudiences().IsEmpty)
        {
            token.SetAudiences(origin.Value.Issuer());
        }

        return ValueTask.CompletedTask;
    }
}

/// <summary>
/// Access tokens for an API whose scope says so are of the type <c>JWT</c>, since there are resource servers that refuse
/// <c>at+jwt</c> (RFC 9068, 2.1). Here they are told from ID tokens by the client that they name.
/// </summary>
internal sealed class TypeAccessTokens(ClientRegistry clients)
    : IOpenIddictServerHandler<GenerateTokenContext>,
        IOpenIddictServerHandler<ValidateTokenContext>
{
    public const string Usual = "at+jwt";
    public const string Plain = "JWT";

    public ValueTask HandleAsync(GenerateTokenContext context)
    {
        if (
            context.TokenType is TokenTypeIdentifiers.AccessToken
            && clients.AreOfPlainType(context.Principal.GetScopes())
        )
        {
            context.SecurityTokenDescriptor.TokenType = Plain;
        }

        return ValueTask.CompletedTask;
    }

    // Security: a token that names the client that it was given to is no ID token, and one that does not is no access token.
    public ValueTask HandleAsync(ValidateTokenContext context)
    {
        if (!context.ValidTokenTypes.Contains(TokenTypeIdentifiers.Private.ClientAssertion))
        {
            var usual = context.TokenValidationParameters.TypeValidator;
            context.TokenValidationParameters.TypeValidator = (type, token, parameters) =>
                usual(TypeOf(type, token), token, parameters);
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>The type of a token, whatever its header calls it.</summary>
    public static string? TypeOf(string? type, SecurityToken token) =>
        string.Equals(type, Plain, StringComparison.OrdinalIgnoreCase)
        && token is JsonWebToken jwt
        && jwt.TryGetPayloadValue<string>(Claims.ClientId, out _)
            ? Usual
            : type;
}

/// <summary>What introspection says (RFC 7662, 2.2).</summary>
internal static class IntrospectionAnswers
{
    /// <summary>Shows the scope to the application that the token was given to as well, as to an API that it is for.</summary>
    public static ValueTask TellScope(HandleIntrospectionRequestContext context)
    {
        context.Scopes.UnionWith(context.GenericTokenPrincipal.GetScopes());
        return ValueTask.CompletedTask;
    }
}

/// <summary>What is kept of a token.</summary>
internal static class TokenRows
{
    // An access token of five minutes is self-contained; a row for each would be most of the database.
    public static ValueTask KeepNone(GenerateTokenContext context)
    {
        if (context.TokenType is TokenTypeIdentifiers.AccessToken or TokenTypeIdentifiers.IdentityToken)
        {
            context.CreateTokenEntry = false;
        }

        // An ID token says who signed in; it stays a good hint when the grant that it came with has ended.
        if (context.TokenType is TokenTypeIdentifiers.IdentityToken)
        {
            context.Principal.RemoveClaims(Claims.Private.AuthorizationId);
        }

        return ValueTask.CompletedTask;
    }
}

/// <summary>
/// Ends the grant of a code or refresh token that its own application redeems a second time (RFC 6749, 4.1.2; RFC 9700,
/// 4.14.2), and with it the access tokens that name it.
/// Whoever else shows a spent token, or shows it elsewhere, is refused and changes nothing: they prove no theft from its
/// owner.
/// </summary>
internal sealed class EndReusedGrants(
    IOpenIddictTokenManager tokens,
    EndGrant grants,
    IOptions<OpenIdOptions> options,
    TimeProvider time
) : IOpenIddictServerHandler<ValidateTokenContext>
{
    public async ValueTask HandleAsync(ValidateTokenContext context)
    {
        if (
            context.TokenId is not { Length: > 0 } tokenId
            || await tokens.FindByIdAsync(tokenId, context.CancellationToken) is not { } token
            || !await tokens.HasStatusAsync(token, Statuses.Redeemed, context.CancellationToken)
        )
        {
            return;
        }

        if (!IsRedeemedByItsClient(context))
        {
            context.Reject(Errors.InvalidToken, "The token was used before.");
        }
        else if (!await IsOfNowAsync(token, context) && context.AuthorizationId is { Length: > 0 } grantId)
        {
            await grants.RunAsync(grantId);
        }
    }

    private static bool IsRedeemedByItsClient(ValidateTokenContext context) =>
        context.EndpointType is OpenIddictServerEndpointType.Token
        && context.Request?.ClientId is { } clientId
        && context.Principal!.HasPresenter(clientId);

    // A page of several assets refreshes several times at once.
    private async Task<bool> IsOfNowAsync(object token, ValidateTokenContext context) =>
        context.Principal!.GetTokenType() is TokenTypeIdentifiers.RefreshToken
        && await tokens.GetRedemptionDateAsync(token, context.CancellationToken) is { } spentAt
        && time.GetUtcNow() < spentAt + options.Value.RefreshTokenReuseLeeway;
}

/// <summary>
/// Commits what a token request spent together with what it is given for it, before the answer goes out.
/// </summary>
internal sealed class KeepExchange(IdpDbContext context) : IOpenIddictServerHandler<ApplyTokenResponseContext>
{
    public async ValueTask HandleAsync(ApplyTokenResponseContext answer)
    {
        if (context.Database.CurrentTransaction is not { } exchange)
        {
            return;
        }

        await using (exchange)
        {
            if (answer.Response.Error is null)
            {
                await exchange.CommitAsync(answer.CancellationToken);
            }
        }
    }
}
