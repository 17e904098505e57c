using System.Data.Common;
using System.Security.Cryptography;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace IdP.Recovery.Endpoints;

/// <summary>Makes, changes, pauses, removes and tests endpoints. Who is bound to them: <see cref="BindEndpoint"/>.</summary>
public sealed partial class ManageEndpoints
{
    private readonly UnitOfWork work;
    private readonly EndpointConnectors connectors;
    private readonly EndpointVault vault;
    private readonly EndpointWishes wishes;
    private readonly ActOnEndpoint act;
    private readonly WakeDelivery wake;
    private readonly AuditLog audit;
    private readonly ILogger<ManageEndpoints> logger;

    internal ManageEndpoints(
        UnitOfWork work,
        EndpointConnectors connectors,
        EndpointVault vault,
        EndpointWishes wishes,
        ActOnEndpoint act,
        WakeDelivery wake,
        AuditLog audit,
        ILogger<ManageEndpoints> logger
    )
    {
        this.work = work;
        this.connectors = connectors;
        this.vault = vault;
        this.wishes = wishes;
        this.act = act;
        this.wake = wake;
        this.audit = audit;
        this.logger = logger;
    }

    private DbSet<ServiceEndpoint> Endpoints => work.Context.Set<ServiceEndpoint>();

    /// <summary>An endpoint by its id, or null.</summary>
    public Task<ServiceEndpoint?> FindAsync(Guid id, CancellationToken cancellationToken) =>
        Endpoints.AsNoTracking().SingleOrDefaultAsync(e => e.Id == id, cancellationToken);

    /// <summary>An endpoint by its name, or null.</summary>
    public Task<ServiceEndpoint?> FindAsync(string name, CancellationToken cancellationToken) =>
        Endpoints.AsNoTracking().SingleOrDefaultAsync(e => e.Name == name, cancellationToken);

    /// <summary>The settings of an endpoint without its secrets, and the names of those that it has.</summary>
    public EndpointForm FormOf(ServiceEndpoint endpoint) =>
        wishes.FormOf(endpoint, connectors.Find(endpoint.Kind)?.Fields ?? []);

    /// <summary>Makes an endpoint.</summary>
    /// <param name="kind">One of <see cref="EndpointConnectors.Offered"/>.</param>
    public Task<ManagedEndpoint> CreateAsync(
        Actor actor,
        string kind,
        EndpointWish wish,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        if (!ConsolePermissions.May(actor.Roles, ConsoleAction.ManageSystem))
        {
            return Task.FromResult<ManagedEndpoint>(new ManagedEndpoint.NotAllowed());
        }

        var now = work.Now;
        var endpoint = new ServiceEndpoint
        {
            Id = Guid.CreateVersion7(now),
            Name = wish.Name,
            Kind = kind,
            Settings = "{}",
            CreatedAt = now,
        };
        return connectors.Find(kind) is { Fields.Count: > 0 } connector
            ? SaveAsync(actor, endpoint, connector, wish, isNew: true, requester, cancellationToken)
            : Task.FromResult<ManagedEndpoint>(new ManagedEndpoint.Invalid([nameof(kind)]));
    }

    /// <summary>
    /// Changes an endpoint. A secret that is left empty stays as it is; an address that changes wants its secrets anew.
    /// </summary>
    public async Task<ManagedEndpoint> ChangeAsync(
        Actor actor,
        Guid id,
        EndpointWish wish,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        if (!ConsolePermissions.May(actor.Roles, ConsoleAction.ManageSystem))
        {
            return new ManagedEndpoint.NotAllowed();
        }

        return
            await FindAsync(id, cancellationToken) is { Reference: null } endpoint
            && connectors.Find(endpoint.Kind) is { } connector
            ? await SaveAsync(actor, endpoint, connector, wish, isNew: false, requester, cancellationToken)
            : new ManagedEndpoint.Gone();
    }

    /// <summary>Removes an endpoint with its bindings. What was sent to it stays to be read; what was on its way fails.</summary>
    public Task<ManagedEndpoint> RemoveAsync(
        Actor actor,
        Guid id,
        Requester requester,
        CancellationToken cancellationToken
    ) =>
        act.RunAsync(
            actor,
            id,
            AuditEventTypes.EndpointRemoved,
            requester,
            async (endpoint, inner) =>
                endpoint.Reference is null && await Endpoints.Where(e => e.Id == id).ExecuteDeleteAsync(inner) == 1,
            cancellationToken
        );

    /// <summary>Holds back what is to be delivered, or lets it go again.</summary>
    /// <returns><see cref="ManagedEndpoint.Gone"/> also where it was so before.</returns>
    public Task<ManagedEndpoint> PauseAsync(
        Actor actor,
        Guid id,
        bool paused,
        Requester requester,
        CancellationToken cancellationToken
    ) =>
        act.RunAsync(
            actor,
            id,
            paused ? AuditEventTypes.EndpointPaused : AuditEventTypes.EndpointResumed,
            requester,
            async (_, inner) =>
            {
                DateTimeOffset? since = paused ? work.Now : null;
                var changed = await Endpoints
                    .Where(e => e.Id == id && (e.PausedAt == null) == paused)
                    .ExecuteUpdateAsync(set => set.SetProperty(e => e.PausedAt, since), inner);
                if (changed == 1 && !paused)
                {
                    await WakeAllAsync(id, inner);
                }

                return changed == 1;
            },
            cancellationToken
        );

    // What waits longer than these comes by itself.
    private async Task WakeAllAsync(Guid id, CancellationToken cancellationToken)
    {
        var waiting = await work
            .Context.Set<Receipt>()
            .Where(r => r.EndpointId == id && r.State == ReceiptState.Pending)
            .OrderBy(r => r.Id)
            .Select(r => r.Id)
            .Take(ReadReceipts.Most)
            .ToListAsync(cancellationToken);
        foreach (var receiptId in waiting)
        {
            await wake.NowAsync(receiptId, cancellationToken);
        }
    }

    /// <summary>
    /// Tries whether an endpoint answers and takes our credentials. Null when it is gone, nobody may, or there is nothing that
    /// one of its kind would answer.
    /// </summary>
    public async Task<DeliveryOutcome?> TestAsync(Actor actor, Guid id, CancellationToken cancellationToken)
    {
        if (
            !ConsolePermissions.May(actor.Roles, ConsoleAction.ManageSystem)
            || await FindAsync(id, cancellationToken) is not { } endpoint
            || connectors.Find(endpoint.Kind) is not { } connector
        )
        {
            return null;
        }

        try
        {
            return await connector.TestAsync(vault.Read(endpoint), cancellationToken);
        }
        catch (CryptographicException exception)
        {
            LogDefect(exception, endpoint.Kind);
            return new DeliveryOutcome.NotYet(DeliveryFlaw.Unreadable);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogDefect(exception, endpoint.Kind);
            return new DeliveryOutcome.NotYet(DeliveryFlaw.Internal);
        }
    }

    private async Task<ManagedEndpoint> SaveAsync(
        Actor actor,
        ServiceEndpoint endpoint,
        IEndpointConnector connector,
        EndpointWish wish,
        bool isNew,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        var (values, wrong) = wishes.Read(endpoint, connector, wish);
        if (wrong.Count > 0)
        {
            return new ManagedEndpoint.Invalid(wrong);
        }

        if (await Endpoints.AnyAsync(e => e.Name == wish.Name && e.Id != endpoint.Id, cancellationToken))
        {
            return new ManagedEndpoint.NameTaken();
        }

        endpoint.Name = wish.Name;
        endpoint.Follows = wish.Follows & connector.Changes;
        vault.Write(endpoint, connector.Fields, values);
        try
        {
            return await work.RunAsync<ManagedEndpoint>(
                async inner =>
                {
                    if (isNew)
                    {
                        work.Context.Add(endpoint);
                    }
                    else if (
                        await Endpoints
                            .Where(e => e.Id == endpoint.Id)
                            .ExecuteUpdateAsync(
                                set =>
                                    set.SetProperty(e => e.Name, endpoint.Name)
                                        .SetProperty(e => e.Follows, endpoint.Follows)
                                        .SetProperty(e => e.Settings, endpoint.Settings)
                                        .SetProperty(e => e.ProtectedSettings, endpoint.ProtectedSettings),
                                inner
                            ) == 0
                    )
                    {
                        return new ManagedEndpoint.Gone();
                    }

                    audit.Add(
                        isNew ? AuditEventTypes.EndpointCreated : AuditEventTypes.EndpointChanged,
                        accountId: null,
                        requester,
                        endpoint.Name,
                        actorId: actor.Id,
                        proof: actor.Proof
                    );
                    return new ManagedEndpoint.Done(endpoint);
                },
                cancellationToken
            );
        }
        catch (Exception exception) when (exception is DbUpdateException or DbException)
        {
            // Two came at once: the unique index let one in.
            if (await Endpoints.AnyAsync(e => e.Name == wish.Name && e.Id != endpoint.Id, cancellationToken))
            {
                return new ManagedEndpoint.NameTaken();
            }

            throw;
        }
    }

    [LoggerMessage(LogLevel.Error, "The connector '{Kind}' failed at a test")]
    private partial void LogDefect(Exception exception, string kind);
}
