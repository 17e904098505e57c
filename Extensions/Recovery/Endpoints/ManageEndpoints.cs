using System.Data.Common;
using System.Security.Cryptography;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace IdP.Recovery.Endpoints;

/// <summary>Makes, changes, removes and tests endpoints, and says who is bound to them.</summary>
public sealed partial class ManageEndpoints
{
    private readonly UnitOfWork work;
    private readonly EndpointConnectors connectors;
    private readonly EndpointVault vault;
    private readonly OutgoingNetwork network;
    private readonly WakeDelivery wake;
    private readonly IAccounts accounts;
    private readonly AuditLog audit;
    private readonly ILogger<ManageEndpoints> logger;

    internal ManageEndpoints(
        UnitOfWork work,
        EndpointConnectors connectors,
        EndpointVault vault,
        OutgoingNetwork network,
        WakeDelivery wake,
        IAccounts accounts,
        AuditLog audit,
        ILogger<ManageEndpoints> logger
    )
    {
        this.work = work;
        this.connectors = connectors;
        this.vault = vault;
        this.network = network;
        this.wake = wake;
        this.accounts = accounts;
        this.audit = audit;
        this.logger = logger;
    }

    private DbSet<ServiceEndpoint> Endpoints => work.Context.Set<ServiceEndpoint>();

    private DbSet<EndpointBinding> Bindings => work.Context.Set<EndpointBinding>();

    /// <summary>An endpoint by its id, or null.</summary>
    public Task<ServiceEndpoint?> FindAsync(Guid id, CancellationToken cancellationToken) =>
        Endpoints.AsNoTracking().SingleOrDefaultAsync(e => e.Id == id, cancellationToken);

    /// <summary>An endpoint by its name, or null.</summary>
    public Task<ServiceEndpoint?> FindAsync(string name, CancellationToken cancellationToken) =>
        Endpoints.AsNoTracking().SingleOrDefaultAsync(e => e.Name == name, cancellationToken);

    /// <summary>The settings of an endpoint without its secrets, and the names of those that it has.</summary>
    public EndpointForm FormOf(ServiceEndpoint endpoint)
    {
        var settings = ReadOrPlain(endpoint);
        var fields = connectors.Find(endpoint.Kind)?.Fields ?? [];
        return new(
            fields
                .Where(f => f.Type != EndpointFieldType.Secret)
                .ToDictionary(f => f.Name, f => settings[f.Name] ?? f.Default ?? ""),
            [
                .. fields
                    .Where(f => f.Type == EndpointFieldType.Secret && settings[f.Name] is not null)
                    .Select(f => f.Name),
            ]
        );
    }

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
        ActAsync(
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
        ActAsync(
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
    /// Binds an account. Security: whoever binds says to whose entry at the service this account's passwords go, so that
    /// no two accounts may have the same, and the audit names it.
    /// </summary>
    /// <param name="target">What the service knows it by; null where it is looked up there.</param>
    public async Task<ManagedEndpoint> BindAsync(
        Actor actor,
        Guid id,
        string accountId,
        string? target,
        Requester requester,
        CancellationToken cancellationToken
    ) =>
        target is { Length: > EndpointBinding.MaxTargetLength } || (target is not null && !PlainText.Is(target))
            ? new ManagedEndpoint.Invalid([nameof(target)])
        : await accounts.FindAsync(accountId, cancellationToken) is not { } account ? new ManagedEndpoint.Gone()
        : !ConsolePermissions.May(actor.Roles, ConsoleAction.ManageSystem, account) ? new ManagedEndpoint.NotAllowed()
        : await BindAsync(
            actor,
            id,
            new EndpointBinding
            {
                Id = Guid.CreateVersion7(work.Now),
                EndpointId = id,
                AccountId = account.Id,
                Target = target,
                BoundAt = work.Now,
            },
            requester,
            cancellationToken
        );

    /// <summary>Binds everybody of a role, at any time from now on.</summary>
    public async Task<ManagedEndpoint> BindRoleAsync(
        Actor actor,
        Guid id,
        string role,
        Requester requester,
        CancellationToken cancellationToken
    ) =>
        role is not { Length: > 0 and <= 256 } || !PlainText.Is(role)
            ? new ManagedEndpoint.Invalid([nameof(role)])
            : await BindAsync(
                actor,
                id,
                new EndpointBinding
                {
                    Id = Guid.CreateVersion7(work.Now),
                    EndpointId = id,
                    Role = role,
                    BoundAt = work.Now,
                },
                requester,
                cancellationToken
            );

    /// <summary>Who is bound to an endpoint by name or role, the newest first.</summary>
    public async Task<IReadOnlyList<EndpointBinding>> BindingsAsync(Guid id, CancellationToken cancellationToken) =>
        await Bindings
            .AsNoTracking()
            .Where(b => b.EndpointId == id)
            .OrderByDescending(b => b.Id)
            .Take(ReadReceipts.Most)
            .ToListAsync(cancellationToken);

    /// <summary>Ends a binding; what was delivered stays as it is there.</summary>
    public Task<ManagedEndpoint> UnbindAsync(
        Actor actor,
        Guid id,
        Guid bindingId,
        Requester requester,
        CancellationToken cancellationToken
    ) =>
        ActAsync(
            actor,
            id,
            AuditEventTypes.EndpointUnbound,
            requester,
            async (_, inner) =>
                await Bindings.Where(b => b.Id == bindingId && b.EndpointId == id).ExecuteDeleteAsync(inner) == 1,
            cancellationToken
        );

    /// <summary>Tries whether an endpoint answers and takes our credentials. Null when it is gone or nobody may.</summary>
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
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogDefect(exception, endpoint.Kind);
            return new DeliveryOutcome.NotYet(DeliveryFlaw.Internal);
        }
    }

    private Task<ManagedEndpoint> BindAsync(
        Actor actor,
        Guid id,
        EndpointBinding binding,
        Requester requester,
        CancellationToken cancellationToken
    ) =>
        ActAsync(
            actor,
            id,
            AuditEventTypes.EndpointBound,
            requester,
            async (endpoint, inner) =>
            {
                // Whoever uses an application is bound to it, and nobody else can be.
                if (
                    endpoint.Reference is not null
                    || await Bindings.AnyAsync(
                        b =>
                            b.EndpointId == id
                            && (
                                (binding.Role == null ? b.AccountId == binding.AccountId : b.Role == binding.Role)
                                || (binding.Target != null && b.Target == binding.Target)
                            ),
                        inner
                    )
                )
                {
                    return false;
                }

                work.Context.Add(binding);
                return true;
            },
            cancellationToken,
            binding.AccountId,
            binding.Target ?? binding.Role
        );

    private Task<ManagedEndpoint> ActAsync(
        Actor actor,
        Guid id,
        string type,
        Requester requester,
        Func<ServiceEndpoint, CancellationToken, Task<bool>> act,
        CancellationToken cancellationToken,
        string? accountId = null,
        string? to = null
    ) =>
        work.RunAsync<ManagedEndpoint>(
            async inner =>
            {
                if (!ConsolePermissions.May(actor.Roles, ConsoleAction.ManageSystem))
                {
                    return new ManagedEndpoint.NotAllowed();
                }

                if (await FindAsync(id, inner) is not { } endpoint || !await act(endpoint, inner))
                {
                    return new ManagedEndpoint.Gone();
                }

                var subject = to is null ? endpoint.Name : $"{endpoint.Name}: {to}";
                audit.Add(
                    type,
                    accountId,
                    requester,
                    subject[..Math.Min(subject.Length, RecoverableAccount.MaxIdLength)],
                    actorId: actor.Id,
                    proof: actor.Proof
                );
                return new ManagedEndpoint.Done(endpoint);
            },
            cancellationToken
        );

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
        var (values, wrong) = Read(endpoint, connector, wish);
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

    private (Dictionary<string, string> Values, IReadOnlyList<string> Wrong) Read(
        ServiceEndpoint endpoint,
        IEndpointConnector connector,
        EndpointWish wish
    )
    {
        var before = ReadOrPlain(endpoint);
        var wrong = new List<string>();
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        if (wish.Name is not { Length: > 0 and <= ServiceEndpoint.MaxNameLength } || !PlainText.Is(wish.Name))
        {
            wrong.Add(nameof(wish.Name));
        }

        // Security: whoever may write an address but never saw a secret must not have it sent elsewhere.
        var moved = connector.Fields.Any(f =>
            f.Type == EndpointFieldType.Address
            && before[f.Name] is { } was
            && was != wish.Values.GetValueOrDefault(f.Name)?.Trim()
        );
        foreach (var field in connector.Fields)
        {
            var isSecret = field.Type == EndpointFieldType.Secret;
            var value = wish.Values.GetValueOrDefault(field.Name)?.Trim();
            value =
                !string.IsNullOrEmpty(value) ? value
                : isSecret && !moved && !wish.Cleared.Contains(field.Name) ? before[field.Name]
                : field.Default;
            if (string.IsNullOrEmpty(value))
            {
                if (field.Required)
                {
                    wrong.Add(field.Name);
                }
            }
            else if (!Fits(field, value))
            {
                wrong.Add(field.Name);
            }
            else
            {
                values[field.Name] = value;
            }
        }

        if (wrong.Count == 0 && connector.Flaw(new(values)) is { } flaw)
        {
            wrong.Add(flaw);
        }

        return (values, wrong);
    }

    // Secrets that cannot be read any more are filled in anew, as if there were none.
    private EndpointSettings ReadOrPlain(ServiceEndpoint endpoint)
    {
        try
        {
            return vault.Read(endpoint);
        }
        catch (CryptographicException)
        {
            return EndpointVault.ReadPlain(endpoint);
        }
    }

    private bool Fits(EndpointField field, string value) =>
        value.Length <= 1024
        && PlainText.Is(value)
        && field.Type switch
        {
            EndpointFieldType.Address => network.IsEndpoint(value, field.Schemes),
            EndpointFieldType.Choice => field.Choices.Contains(value),
            EndpointFieldType.Flag => value is "true" or "false",
            _ => true,
        };

    [LoggerMessage(LogLevel.Error, "The connector '{Kind}' failed at a test")]
    private partial void LogDefect(Exception exception, string kind);
}

/// <summary>What an administrator wants an endpoint to be.</summary>
/// <param name="Name">1 to 100 characters of plain text, of no other endpoint.</param>
/// <param name="Follows">Which changes it is told; those that its connector cannot bring are left out.</param>
/// <param name="Values">By the names of the fields.</param>
public sealed record EndpointWish(string Name, CredentialChanges Follows, IReadOnlyDictionary<string, string> Values)
{
    /// <summary>Secrets that are to be taken away; another one that is left empty stays.</summary>
    public IReadOnlySet<string> Cleared { get; init; } = new HashSet<string>();
}

/// <summary>What a form shows of an endpoint.</summary>
/// <param name="Values">By the names of the fields, without secret ones.</param>
/// <param name="Secrets">The secret fields that have a value.</param>
public sealed record EndpointForm(IReadOnlyDictionary<string, string> Values, IReadOnlyCollection<string> Secrets);

/// <summary>How it ended.</summary>
public abstract record ManagedEndpoint
{
    private ManagedEndpoint() { }

    /// <summary>Done.</summary>
    public sealed record Done(ServiceEndpoint Endpoint) : ManagedEndpoint;

    /// <summary>Some fields are not as they must be; nothing was changed.</summary>
    /// <param name="Fields">Which.</param>
    public sealed record Invalid(IReadOnlyList<string> Fields) : ManagedEndpoint;

    /// <summary>Another endpoint has that name.</summary>
    public sealed record NameTaken : ManagedEndpoint;

    /// <summary>It is not there, or was so before.</summary>
    public sealed record Gone : ManagedEndpoint;

    /// <summary>The actor may not.</summary>
    public sealed record NotAllowed : ManagedEndpoint;
}
