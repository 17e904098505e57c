using IdentityProvider.Clients;
using IdentityProvider.Data;
using IdentityProvider.SigningKeys;
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
        var algorithm =
            context.TokenType is TokenTypeIdentifiers.AccessToken or TokenTypeIdentifiers.IdentityToken
            && context.ClientId is { } clientId
                ? ClientProperties.Read(
                    clients.FindByClientId(clientId)?.Properties,
                    ClientDescriptors.IdTokenSigningAlg
                )
                : null;
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

/// <summary>Takes an access token no longer when the grant that it names has ended.</summary>
internal sealed class RefuseTokensOfEndedGrants(IOpenIddictAuthorizationManager authorizations)
    : IOpenIddictServerHandler<ValidateTokenContext>
{
    public async ValueTask HandleAsync(ValidateTokenContext context)
    {
        if (
            context.Principal?.GetTokenType() is TokenTypeIdentifiers.AccessToken
            && context.Principal.GetAuthorizationId() is { Length: > 0 } grantId
            && !(
                await authorizations.FindByIdAsync(grantId, context.CancellationToken) is { } grant
                && await authorizations.HasStatusAsync(grant, Statuses.Valid, context.CancellationToken)
            )
        )
        {
            context.Reject(Errors.InvalidToken, "The grant has ended.");
        }
    }
}

/// <summary>
/// Ends the grant of a code or refresh token that comes a second time (RFC 6749, 4.1.2; RFC 9700, 4.14.2). The engine
/// revokes the rows of its tokens; an access token has none and dies with the grant that it names.
/// </summary>
internal sealed class EndReusedGrants(IOpenIddictTokenManager tokens, IOpenIddictAuthorizationManager authorizations)
    : IOpenIddictServerHandler<ValidateTokenContext>
{
    public async ValueTask HandleAsync(ValidateTokenContext context)
    {
        if (
            context is { TokenId: { Length: > 0 } tokenId, AuthorizationId: { Length: > 0 } grantId }
            && await tokens.FindByIdAsync(tokenId, context.CancellationToken) is { } token
            && await tokens.HasStatusAsync(token, Statuses.Redeemed, context.CancellationToken)
            && await authorizations.FindByIdAsync(grantId, context.CancellationToken) is { } grant
        )
        {
            await authorizations.TryRevokeAsync(grant, context.CancellationToken);
        }
    }
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
