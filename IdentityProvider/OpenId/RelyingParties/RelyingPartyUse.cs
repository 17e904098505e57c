using IdentityProvider.Data;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;
using OpenIddict.EntityFrameworkCore.Models;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace IdentityProvider.OpenId.RelyingParties;

/// <summary>A person is bound to an application from the first grant on, and while a session of theirs has reached it.</summary>
internal sealed class RelyingPartyUse(IdpDbContext context) : IEndpointUse
{
    public async Task<IReadOnlyCollection<string>> ReferencesAsync(
        string accountId,
        CancellationToken cancellationToken
    ) =>
        await context
            .Set<OpenIddictEntityFrameworkCoreAuthorization>()
            .Where(a => a.Subject == accountId && a.Status == Statuses.Valid && a.Application != null)
            .Select(a => a.Application!.ClientId!)
            .Union(
                context.Sessions.Where(s => s.AccountId == accountId).SelectMany(s => s.Clients.Select(c => c.ClientId))
            )
            .ToListAsync(cancellationToken);
}
