using IdentityProvider.Data;
using IdP.Recovery.Endpoints;
using Microsoft.EntityFrameworkCore;
using OpenIddict.EntityFrameworkCore.Models;

namespace IdentityProvider.Clients;

/// <summary>Each declared application is an endpoint, which follows what happens to the credentials of its people.</summary>
internal sealed class RelyingPartyEndpoints(IdpDbContext context, TimeProvider time)
{
    public const string Kind = "relying-party";

    public const CredentialChanges Follows =
        CredentialChanges.PasswordChanged
        | CredentialChanges.Closed
        | CredentialChanges.Suspended
        | CredentialChanges.MfaReset;

    /// <summary>Makes endpoints what the applications are. In the transaction that changes those.</summary>
    public async Task ApplyAsync(CancellationToken cancellationToken)
    {
        var applications = await context
            .Set<OpenIddictEntityFrameworkCoreApplication>()
            .AsNoTracking()
            .ToDictionaryAsync(a => a.ClientId!, a => a.DisplayName ?? a.ClientId!, cancellationToken);
        var endpoints = await context.Set<ServiceEndpoint>().ToListAsync(cancellationToken);
        var names = endpoints.Select(e => e.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var endpoint in endpoints.Where(e => e.Kind == Kind))
        {
            if (!applications.Remove(endpoint.Reference!, out var name))
            {
                context.Remove(endpoint);
            }
            else if (endpoint.Name != name && names.Add(name))
            {
                endpoint.Name = name;
            }
        }

        foreach (var (clientId, name) in applications)
        {
            var now = time.GetUtcNow();
            context.Add(
                new ServiceEndpoint
                {
                    Id = Guid.CreateVersion7(now),
                    Name = names.Add(name) ? name : $"{name} ({clientId})",
                    Kind = Kind,
                    Reference = clientId,
                    Follows = Follows,
                    Settings = "{}",
                    CreatedAt = now,
                }
            );
        }

        await context.SaveChangesAsync(cancellationToken);
    }
}
