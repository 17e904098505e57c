using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Endpoints;

/// <summary>Says who is bound to an endpoint that an administrator has made: an account, or all of a role.</summary>
public sealed class BindEndpoint
{
    private readonly UnitOfWork work;
    private readonly ActOnEndpoint act;
    private readonly IAccounts accounts;

    internal BindEndpoint(UnitOfWork work, ActOnEndpoint act, IAccounts accounts)
    {
        this.work = work;
        this.act = act;
        this.accounts = accounts;
    }

    private DbSet<EndpointBinding> Bindings => work.Context.Set<EndpointBinding>();

    /// <summary>
    /// Binds an account. Security: whoever binds says to whose entry at the service this account's passwords go. Pages ask
    /// for a fresh proof, no two accounts have the same target, and the audit names it.
    /// </summary>
    /// <param name="target">What the service knows it by; null where it is looked up there.</param>
    public async Task<ManagedEndpoint> AccountAsync(
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
    public async Task<ManagedEndpoint> RoleAsync(
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
    public async Task<IReadOnlyList<EndpointBinding>> ListAsync(Guid id, CancellationToken cancellationToken) =>
        await Bindings
            .AsNoTracking()
            .Where(b => b.EndpointId == id)
            .OrderByDescending(b => b.Id)
            .Take(ReadReceipts.Most)
            .ToListAsync(cancellationToken);

    /// <summary>Ends a binding; what was delivered stays as it is there.</summary>
    public Task<ManagedEndpoint> EndAsync(
        Actor actor,
        Guid id,
        Guid bindingId,
        Requester requester,
        CancellationToken cancellationToken
    ) =>
        act.RunAsync(
            actor,
            id,
            AuditEventTypes.EndpointUnbound,
            requester,
            async (_, inner) =>
                await Bindings.Where(b => b.Id == bindingId && b.EndpointId == id).ExecuteDeleteAsync(inner) == 1,
            cancellationToken
        );

    private async Task<ManagedEndpoint> BindAsync(
        Actor actor,
        Guid id,
        EndpointBinding binding,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await AddAsync(actor, id, binding, requester, cancellationToken);
        }
        catch (DbUpdateException)
        {
            // Two came at once: the unique indexes let one in.
            if (await IsThereAsync(id, binding, cancellationToken))
            {
                return new ManagedEndpoint.Gone();
            }

            throw;
        }
    }

    private Task<bool> IsThereAsync(Guid id, EndpointBinding binding, CancellationToken cancellationToken) =>
        Bindings.AnyAsync(
            b =>
                b.EndpointId == id
                && (
                    (binding.Role == null ? b.AccountId == binding.AccountId : b.Role == binding.Role)
                    || (binding.Target != null && b.Target == binding.Target)
                ),
            cancellationToken
        );

    private Task<ManagedEndpoint> AddAsync(
        Actor actor,
        Guid id,
        EndpointBinding binding,
        Requester requester,
        CancellationToken cancellationToken
    ) =>
        act.RunAsync(
            actor,
            id,
            AuditEventTypes.EndpointBound,
            requester,
            async (endpoint, inner) =>
            {
                // Whoever uses an application is bound to it, and nobody else can be.
                if (endpoint.Reference is not null || await IsThereAsync(id, binding, inner))
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
}
