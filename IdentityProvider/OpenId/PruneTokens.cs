using IdentityProvider.Data;
using IdentityProvider.OpenId.Logout;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using OpenIddict.Abstractions;
using OpenIddict.EntityFrameworkCore.Models;

namespace IdentityProvider.OpenId;

/// <summary>A recurring job: drops ended tokens, grants and sessions. Called every hour.</summary>
internal sealed class PruneTokens(
    IOpenIddictTokenManager tokens,
    IOpenIddictAuthorizationManager authorizations,
    IdpDbContext context,
    IOptions<OpenIdOptions> options,
    IOptions<Sessions.SessionOptions> sessions,
    TimeProvider time
)
{
    private static readonly TimeSpan OutboxTime = TimeSpan.FromDays(2);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var (before, moment) = ((now - options.Value.Retention).UtcDateTime, now.UtcDateTime);

        // The engine's own goes by the machine's clock, which need not be this host's.
        await context
            .Set<OpenIddictEntityFrameworkCoreToken>()
            .Where(t => t.CreationDate < before && t.ExpirationDate < moment)
            .ExecuteDeleteAsync(cancellationToken);

        // These say nothing once they have expired; strangers can make the ones, and applications many of the others.
        await context
            .Set<OpenIddictEntityFrameworkCoreToken>()
            .Where(t => (t.Type == KeptRequests.Type || t.Type == RevokeTokens.Type) && t.ExpirationDate < moment)
            .ExecuteDeleteAsync(cancellationToken);
        await tokens.PruneAsync(now - options.Value.Retention, cancellationToken);
        await authorizations.PruneAsync(now - options.Value.Retention, cancellationToken);

        // Of an application that could not be told in all the time that the outbox tries.
        var toldUntil = now - options.Value.Retention - OutboxTime;
        await context.Set<LogoutNotice>().Where(n => n.EndedAt < toldUntil).ExecuteDeleteAsync(cancellationToken);

        var idleSince = now - sessions.Value.Idle;
        await context
            .Sessions.Where(s => s.ExpiresAt < now || s.LastUsedAt < idleSince)
            .ExecuteDeleteAsync(cancellationToken);
    }
}
