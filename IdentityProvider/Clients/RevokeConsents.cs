using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using Microsoft.EntityFrameworkCore;
using OpenIddict.Abstractions;
using OpenIddict.EntityFrameworkCore.Models;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace IdentityProvider.Clients;

/// <summary>What people have granted to a client, all of them together.</summary>
internal sealed class RevokeConsents(
    UnitOfWork work,
    IdpDbContext context,
    IOpenIddictAuthorizationManager authorizations,
    IOpenIddictTokenManager tokens,
    AuditLog audit
)
{
    /// <summary>How many people have granted the client anything that holds.</summary>
    public Task<int> CountAsync(string clientId, CancellationToken cancellationToken) =>
        context
            .Set<OpenIddictEntityFrameworkCoreAuthorization>()
            .Where(a => a.Application!.ClientId == clientId && a.Status == Statuses.Valid)
            .Select(a => a.Subject)
            .Distinct()
            .CountAsync(cancellationToken);

    /// <summary>
    /// Takes all of it away: consents, refresh tokens and codes. Access tokens end with their grant. Gives how many
    /// people it was.
    /// </summary>
    /// <param name="actor">The administrator.</param>
    /// <param name="cancellationToken">Stops; nothing is changed then.</param>
    public Task<int> RunAsync(string clientId, Actor actor, Requester requester, CancellationToken cancellationToken) =>
        work.RunAsync(
            async token =>
            {
                var people = await CountAsync(clientId, token);
                if (people == 0)
                {
                    return 0;
                }

                var id = await context
                    .Set<OpenIddictEntityFrameworkCoreApplication>()
                    .Where(a => a.ClientId == clientId)
                    .Select(a => a.Id!)
                    .SingleAsync(token);

                await tokens.RevokeByApplicationIdAsync(id, token);
                await authorizations.RevokeByApplicationIdAsync(id, token);
                audit.Add(
                    AuditEventTypes.ClientConsentsRevoked,
                    accountId: null,
                    requester,
                    clientId,
                    actorId: actor.Id,
                    proof: actor.Proof
                );
                return people;
            },
            cancellationToken
        );
}
