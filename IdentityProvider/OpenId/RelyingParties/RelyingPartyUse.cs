using IdentityProvider.Data;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;
using OpenIddict.EntityFrameworkCore.Models;

namespace IdentityProvider.OpenId.RelyingParties;

/// <summary>
/// A person is bound to an application from the first grant on, for as long as that is kept, ended or not: what ends it
/// at this moment may be what the application is to follow. So is whoever has a session that has reached it.
/// </summary>
internal sealed class RelyingPartyUse(IdpDbContext context) : IEndpointUse
{
    public async Task<IReadOnlyCollection<string>> ReferencesAsync(
        string accountId,
        CancellationToken cancellationToken
    ) =>
        await context
            .Set<OpenIddictEntityFrameworkCoreAuthorization>()
            .Where(a => a.Subject == accountId && a.Application != null)
            .Select(a => a.Application!.ClientId!)
            .Union(
                context.Sessions.Where(s => s.AccountId == accountId).SelectMany(s => s.Clients.Select(c => c.ClientId))
            )
            .ToListAsync(cancellationToken);
}
