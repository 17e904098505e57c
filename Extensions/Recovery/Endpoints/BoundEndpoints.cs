using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Endpoints;

/// <summary>To which endpoints an account is bound: by an administrator, by a role, or by using them.</summary>
public sealed class BoundEndpoints
{
    private readonly UnitOfWork work;
    private readonly RoleNames roleNames;
    private readonly IEnumerable<IEndpointUse> uses;

    internal BoundEndpoints(UnitOfWork work, RoleNames roleNames, IEnumerable<IEndpointUse> uses)
    {
        this.work = work;
        this.roleNames = roleNames;
        this.uses = uses;
    }

    /// <summary>The endpoints, by name.</summary>
    public async Task<IReadOnlyList<ServiceEndpoint>> OfAsync(
        RecoverableAccount account,
        CancellationToken cancellationToken
    )
    {
        List<string> references = [];
        foreach (var use in uses)
        {
            references.AddRange(await use.ReferencesAsync(account.Id, cancellationToken));
        }

        var (bindings, endpoints) = (
            work.Context.Set<EndpointBinding>(),
            work.Context.Set<ServiceEndpoint>().AsNoTracking()
        );
        var ids = bindings.Where(b => b.AccountId == account.Id).Select(b => b.EndpointId);
        if (account.Roles.Count > 0)
        {
            var roles = roleNames.OfHost(account.Roles);
            ids = ids.Union(bindings.Where(b => b.Role != null && roles.Contains(b.Role)).Select(b => b.EndpointId));
        }

        if (references.Count > 0)
        {
            ids = ids.Union(
                endpoints.Where(e => e.Reference != null && references.Contains(e.Reference)).Select(e => e.Id)
            );
        }

        var found = await ids.ToListAsync(cancellationToken);
        return found.Count == 0
            ? []
            : await endpoints.Where(e => found.Contains(e.Id)).OrderBy(e => e.Name).ToListAsync(cancellationToken);
    }

    /// <summary>What an endpoint knows an account by, where an administrator has said so.</summary>
    internal Task<string?> TargetAsync(Guid endpointId, string accountId, CancellationToken cancellationToken) =>
        work
            .Context.Set<EndpointBinding>()
            .Where(b => b.EndpointId == endpointId && b.AccountId == accountId)
            .Select(b => b.Target)
            .SingleOrDefaultAsync(cancellationToken);
}
