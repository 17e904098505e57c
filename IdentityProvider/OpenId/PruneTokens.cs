using IdentityProvider.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using OpenIddict.Abstractions;

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
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await tokens.PruneAsync(now - options.Value.Retention, cancellationToken);
        await authorizations.PruneAsync(now - options.Value.Retention, cancellationToken);

        var idleSince = now - sessions.Value.Idle;
        await context
            .Sessions.Where(s => s.ExpiresAt < now || s.LastUsedAt < idleSince)
            .ExecuteDeleteAsync(cancellationToken);
    }
}
