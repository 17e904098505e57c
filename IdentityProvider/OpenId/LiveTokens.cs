using System.Collections.Concurrent;
using IdentityProvider.Data;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;
using OpenIddict.Abstractions;
using OpenIddict.EntityFrameworkCore.Models;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace IdentityProvider.OpenId;

/// <summary>
/// Whether what an access token stands for still holds: its grant, its session, and that nobody has revoked it. A token that
/// was found good is not asked after again for a second, so that what has ended is known on every node within one.
/// </summary>
internal sealed class LiveTokens(IServiceScopeFactory scopes, TimeProvider time)
{
    private static readonly TimeSpan Trusted = TimeSpan.FromSeconds(1);

    private volatile Found recent = new(DateTimeOffset.MinValue);

    /// <summary>The token with this id, given under this grant (if any), for this session (if it ends with one).</summary>
    public async Task<bool> IsLiveAsync(
        string id,
        string? grantId,
        string? sessionId,
        CancellationToken cancellationToken
    )
    {
        var now = time.GetUtcNow();
        var found = recent;
        if (now - found.Since >= Trusted || now < found.Since)
        {
            recent = found = new(now);
        }

        if (found.Tokens.ContainsKey(id))
        {
            return true;
        }

        // A scope of its own: who asks may be in the middle of a transaction, or have rows in memory.
        await using var scope = scopes.CreateAsyncScope();
        var context = scope.ServiceProvider.GetRequiredService<IdpDbContext>();
        var revoked = RevokeTokens.ReferenceOf(id);
        var isLive =
            (
                grantId is null
                || await context
                    .Set<OpenIddictEntityFrameworkCoreAuthorization>()
                    .AnyAsync(a => a.Id == grantId && a.Status == Statuses.Valid, cancellationToken)
            )
            && (sessionId is null || await context.Sessions.AnyAsync(s => s.Id == sessionId, cancellationToken))
            && !await context
                .Set<OpenIddictEntityFrameworkCoreToken>()
                .AnyAsync(t => t.ReferenceId == revoked, cancellationToken);
        if (isLive)
        {
            found.Tokens.TryAdd(id, true);
        }

        return isLive;
    }

    // Left behind as a whole when its second is over: it never holds more than the calls of one.
    private sealed record Found(DateTimeOffset Since)
    {
        public ConcurrentDictionary<string, bool> Tokens { get; } = new(StringComparer.Ordinal);
    }
}

/// <summary>Takes an access token no longer when what it stands for has ended.</summary>
internal sealed class RefuseEndedAccessTokens(LiveTokens live) : IOpenIddictServerHandler<ValidateTokenContext>
{
    public async ValueTask HandleAsync(ValidateTokenContext context)
    {
        if (
            context.Principal is { } token
            && token.GetTokenType() is TokenTypeIdentifiers.AccessToken
            && !await live.IsLiveAsync(
                token.GetClaim(Claims.JwtId)!,
                token.GetAuthorizationId(),
                token.GetClaim(SessionClaims.SessionId),
                context.CancellationToken
            )
        )
        {
            context.Reject(Errors.InvalidToken, "The grant or the session of the token has ended, or it was revoked.");
        }
    }
}
