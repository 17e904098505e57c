using IdP.Recovery.Audit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace IdP.Recovery.Endpoints;

/// <summary>
/// A recurring job: asks every service that tells whether it holds its people's accounts open or closed as they are here,
/// and sends again what is not so.
/// </summary>
public sealed partial class FindDrift
{
    private const int AtATime = 500;

    private readonly UnitOfWork work;
    private readonly IAccounts accounts;
    private readonly EndpointConnectors connectors;
    private readonly EndpointVault vault;
    private readonly IRoleMembers members;
    private readonly PropagateChange propagate;
    private readonly BoundEndpoints bound;
    private readonly AuditLog audit;
    private readonly ILogger<FindDrift> logger;

    internal FindDrift(
        UnitOfWork work,
        IAccounts accounts,
        EndpointConnectors connectors,
        EndpointVault vault,
        IRoleMembers members,
        PropagateChange propagate,
        BoundEndpoints bound,
        AuditLog audit,
        ILogger<FindDrift> logger
    )
    {
        this.work = work;
        this.accounts = accounts;
        this.connectors = connectors;
        this.vault = vault;
        this.members = members;
        this.propagate = propagate;
        this.bound = bound;
        this.audit = audit;
        this.logger = logger;
    }

    /// <summary>Does it, and returns how many accounts were not the same. Called every night.</summary>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var endpoints = await work
            .Context.Set<ServiceEndpoint>()
            .AsNoTracking()
            .Where(e => e.PausedAt == null)
            .ToListAsync(cancellationToken);
        var drifted = 0;
        foreach (var endpoint in endpoints)
        {
            // Where an endpoint does not follow what closes accounts, whether one is open there is its own affair.
            if (
                connectors.Find(endpoint.Kind) is not { Fields.Count: > 0 } connector
                || (endpoint.Follows & CredentialChanges.Closing) == 0
            )
            {
                continue;
            }

            try
            {
                drifted += await CompareAsync(endpoint, connector, cancellationToken);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                // One that cannot be compared keeps no other from it.
                LogDefect(exception, endpoint.Name);
            }
        }

        return drifted;
    }

    private async Task<int> CompareAsync(
        ServiceEndpoint endpoint,
        IEndpointConnector connector,
        CancellationToken cancellationToken
    )
    {
        var settings = vault.Read(endpoint);
        var (drifted, last) = (0, "");
        while (await NextAsync(endpoint.Id, last, cancellationToken) is { Count: > 0 } ids)
        {
            foreach (var id in ids)
            {
                last = id;
                if (await accounts.FindAsync(id, cancellationToken) is not { } account)
                {
                    continue;
                }

                var target = await bound.TargetAsync(endpoint.Id, id, cancellationToken);
                var known = new EndpointAccount(
                    id,
                    account.UserName ?? account.Email,
                    account.Email,
                    propagate.IsOpen(account, endpoint),
                    target
                );
                switch (await connector.CompareAsync(settings, known, cancellationToken))
                {
                    case null:
                        return 0;
                    case { Agrees: true } or { Flaw: DeliveryFlaw.NoAccount or DeliveryFlaw.Ambiguous }:
                        break;
                    case { Flaw: DeliveryFlaw.Drifted }:
                        await SendAgainAsync(endpoint, account, known.Open, cancellationToken);
                        drifted++;
                        break;
                    case { Flaw: var flaw }:
                        // The service does not answer; so it is not asked for everybody.
                        LogNotCompared(endpoint.Name, flaw);
                        return drifted;
                }
            }
        }

        return drifted;
    }

    private Task SendAgainAsync(
        ServiceEndpoint endpoint,
        RecoverableAccount account,
        bool open,
        CancellationToken cancellationToken
    ) =>
        work.RunAsync(
            async inner =>
            {
                // What is on its way will set it right.
                if (
                    await work
                        .Context.Set<Receipt>()
                        .AnyAsync(
                            r =>
                                r.EndpointId == endpoint.Id
                                && r.AccountId == account.Id
                                && r.State == ReceiptState.Pending,
                            inner
                        )
                )
                {
                    return;
                }

                var found = audit.Add(AuditEventTypes.EndpointDrifted, account.Id, Requester.None, endpoint.Name);
                propagate.Add(
                    endpoint,
                    account.Id,
                    open ? CredentialChanges.Unlocked : CredentialChanges.Locked,
                    found.Id,
                    work.Now,
                    password: null
                );
            },
            cancellationToken
        );

    // By name or role, in the order of their ids.
    private Task<List<string>> NextAsync(Guid endpointId, string after, CancellationToken cancellationToken)
    {
        var bindings = work.Context.Set<EndpointBinding>().Where(b => b.EndpointId == endpointId);
        var byRole = members.In(bindings.Select(b => b.Role));
        return bindings
            .Where(b => b.AccountId != null)
            .Select(b => b.AccountId!)
            .Union(byRole)
            .Where(id => string.Compare(id, after) > 0)
            .Order()
            .Take(AtATime)
            .ToListAsync(cancellationToken);
    }

    [LoggerMessage(LogLevel.Error, "The endpoint '{Endpoint}' could not be compared")]
    private partial void LogDefect(Exception exception, string endpoint);

    [LoggerMessage(LogLevel.Warning, "The endpoint '{Endpoint}' could not be compared: {Flaw}")]
    private partial void LogNotCompared(string endpoint, DeliveryFlaw? flaw);
}
