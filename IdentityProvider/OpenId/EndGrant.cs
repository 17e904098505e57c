using IdentityProvider.Data;
using Microsoft.EntityFrameworkCore;
using OpenIddict.Abstractions;
using OpenIddict.EntityFrameworkCore.Models;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace IdentityProvider.OpenId;

/// <summary>
/// Ends a grant and all that came of it. The grant first: whatever is given under it at this moment is refused by it. A
/// statement of its own, since the engine's manager gives up where somebody else changes the row.
/// </summary>
internal sealed class EndGrant(IdpDbContext context, IOpenIddictTokenManager tokens)
{
    public async Task RunAsync(string grantId)
    {
        // None is changed where it has ended already, which is what is wanted.
        await context
            .Set<OpenIddictEntityFrameworkCoreAuthorization>()
            .Where(a => a.Id == grantId && a.Status == Statuses.Valid)
            .ExecuteUpdateAsync(set => set.SetProperty(a => a.Status, Statuses.Revoked), CancellationToken.None);
        await tokens.RevokeByAuthorizationIdAsync(grantId, CancellationToken.None);
    }
}
