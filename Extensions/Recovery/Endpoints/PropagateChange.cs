using IdP.Recovery.Audit;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.Endpoints;

/// <summary>
/// Makes a receipt, and the work behind it, for every endpoint that must follow a change. A new password is at hand in
/// one transaction only, and is passed on in it; for all else see <see cref="PropagateAudited"/>.
/// </summary>
public sealed class PropagateChange
{
    private readonly UnitOfWork work;
    private readonly BoundEndpoints bound;
    private readonly EndpointConnectors connectors;
    private readonly EndpointVault vault;
    private readonly EndpointOptions options;

    internal PropagateChange(
        UnitOfWork work,
        BoundEndpoints bound,
        EndpointConnectors connectors,
        EndpointVault vault,
        IOptions<EndpointOptions> options
    )
    {
        this.work = work;
        this.bound = bound;
        this.connectors = connectors;
        this.vault = vault;
        this.options = options.Value;
    }

    private DbSet<Receipt> Receipts => work.Context.Set<Receipt>();

    /// <summary>To be called before the transaction.</summary>
    internal void Prepare() => vault.ReadKeys();

    /// <summary>Passes a new password on. In the transaction that sets it.</summary>
    /// <param name="account">Whose it is.</param>
    /// <param name="cause">The audit event of the change.</param>
    internal async Task PasswordAsync(
        RecoverableAccount account,
        string password,
        AuditEvent cause,
        CancellationToken cancellationToken
    )
    {
        foreach (var endpoint in await FollowingAsync(account, CredentialChanges.PasswordChanged, cancellationToken))
        {
            // What is in a worker's hands at this moment ends before the newer one begins: see DeliverChange.
            var now = work.Now;
            await Receipts
                .Where(r =>
                    r.EndpointId == endpoint.Id
                    && r.AccountId == account.Id
                    && r.Change == CredentialChanges.PasswordChanged
                    && (r.State == ReceiptState.Pending || r.State == ReceiptState.WaitsForSignIn)
                    && (r.HeldUntil == null || r.HeldUntil <= now)
                )
                .ExecuteUpdateAsync(
                    set =>
                        set.SetProperty(r => r.State, ReceiptState.Superseded)
                            .SetProperty(r => r.EndedAt, now)
                            .SetProperty(r => r.ProtectedPassword, (string?)null)
                            .SetProperty(r => r.PasswordUntil, (DateTimeOffset?)null),
                    cancellationToken
                );
            // Nodes' clocks are never the same: what is newer is newer here too.
            var last = await Receipts
                .Where(r => r.EndpointId == endpoint.Id && r.AccountId == account.Id)
                .MaxAsync(r => (DateTimeOffset?)r.CreatedAt, cancellationToken);
            Add(
                endpoint,
                account.Id,
                CredentialChanges.PasswordChanged,
                cause.Id,
                last >= now ? last.Value.AddMilliseconds(1) : now,
                password
            );
        }

        // It may have opened an account that was closed, and whoever follows that is told as at any other opening.
        if (account.ClosedUntilReset || account.LockedUntil > work.Now)
        {
            work.Enqueue(PropagateAudited.Kind, PropagateAudited.LockEnds + account.Id);
        }
    }

    /// <summary>
    /// Whether an account may be used at this moment, as an endpoint sees it. Security: threat 12. A lock by failures, which
    /// strangers can bring about, is one only to those that follow it.
    /// </summary>
    internal bool IsOpen(RecoverableAccount account, ServiceEndpoint endpoint) =>
        !account.Suspended
        && !account.ClosedUntilReset
        && !(endpoint.Follows.HasFlag(CredentialChanges.Locked) && account.LockedUntil > work.Now);

    /// <summary>Passes anything else on.</summary>
    internal Task AddAllAsync(
        RecoverableAccount account,
        CredentialChanges change,
        Guid causeId,
        DateTimeOffset at,
        CancellationToken cancellationToken
    ) =>
        work.RunAsync(
            async inner =>
            {
                var following = await FollowingAsync(account, change, inner);
                var there = await Receipts
                    .Where(r => r.CauseId == causeId)
                    .Select(r => r.EndpointId)
                    .ToListAsync(inner);
                foreach (var endpoint in following.Where(e => !there.Contains(e.Id)))
                {
                    Add(endpoint, account.Id, change, causeId, at, password: null);
                }

                // Nobody acts at the end of a lock: time ends it, and the services must be told as well.
                if (
                    change == CredentialChanges.Locked
                    && following.Count > 0
                    && !account.ClosedUntilReset
                    && account.LockedUntil is { } until
                )
                {
                    work.EnqueueLater(PropagateAudited.Kind, PropagateAudited.LockEnds + account.Id, until);
                }
            },
            cancellationToken
        );

    private async Task<List<ServiceEndpoint>> FollowingAsync(
        RecoverableAccount account,
        CredentialChanges change,
        CancellationToken cancellationToken
    ) => [.. (await bound.OfAsync(account, cancellationToken)).Where(e => e.Follows.HasFlag(change))];

    /// <summary>Makes a receipt, and the work behind it. In a transaction.</summary>
    internal void Add(
        ServiceEndpoint endpoint,
        string accountId,
        CredentialChanges change,
        Guid causeId,
        DateTimeOffset at,
        string? password
    )
    {
        var id = Guid.CreateVersion7(at);
        var takes =
            password is not null
            && connectors.Find(endpoint.Kind)?.TakesPassword(EndpointVault.ReadPlain(endpoint)) == true;
        work.Context.Add(
            new Receipt
            {
                Id = id,
                EndpointId = endpoint.Id,
                EndpointName = endpoint.Name,
                AccountId = accountId,
                Change = change,
                CauseId = causeId,
                CreatedAt = at,
                ProtectedPassword = takes ? vault.ProtectPassword(id, password!) : null,
                PasswordUntil = takes ? work.Now + options.KeepPassword : null,
            }
        );
        work.Enqueue(DeliverChange.Kind, id.ToString());
    }
}

/// <summary>A job: passes on what was audited, and that a lock has ended by itself.</summary>
internal sealed class PropagateAudited(UnitOfWork work, IAccounts accounts, PropagateChange propagate) : IOutboxHandler
{
    public const string Kind = "endpoints.propagate";
    public const string LockEnds = "lock-ends/";

    public async Task HandleAsync(OutboxEntry entry, CancellationToken cancellationToken)
    {
        if (entry.Subject.StartsWith(LockEnds, StringComparison.Ordinal))
        {
            await LockEndedAsync(entry.Id, entry.Subject[LockEnds.Length..], cancellationToken);
            return;
        }

        var id = Guid.Parse(entry.Subject);
        var audited = await work
            .Context.Set<AuditEvent>()
            .AsNoTracking()
            .SingleAsync(e => e.Id == id, cancellationToken);
        var change = ChangeTable.Of(audited);
        if (
            audited.AccountId is { } owner
            && await accounts.FindAsync(owner, cancellationToken) is { } account
            && IsSo(change, account)
        )
        {
            await propagate.AddAllAsync(account, change, id, audited.At, cancellationToken);
        }
    }

    // What has been taken back when its turn comes would only undo what came after it.
    private bool IsSo(CredentialChanges change, RecoverableAccount account) =>
        change switch
        {
            CredentialChanges.Locked => account.LockedUntil > work.Now,
            CredentialChanges.Unlocked => !(account.LockedUntil > work.Now),
            CredentialChanges.Closed => account.ClosedUntilReset,
            CredentialChanges.Suspended => account.Suspended,
            CredentialChanges.Activated => !account.Suspended,
            _ => true,
        };

    private async Task LockEndedAsync(Guid causeId, string accountId, CancellationToken cancellationToken)
    {
        if (
            await accounts.FindAsync(accountId, cancellationToken) is { ClosedUntilReset: false } account
            && !(account.LockedUntil > work.Now)
        )
        {
            await propagate.AddAllAsync(account, CredentialChanges.Unlocked, causeId, work.Now, cancellationToken);
        }
    }
}

/// <summary>Hears of changes, and adds their propagation to the transaction of their cause.</summary>
internal sealed class ChangeListener(UnitOfWork work) : IAuditListener
{
    private (Guid? Transaction, string? AccountId, CredentialChanges Change) last;

    public void Added(AuditEvent added)
    {
        var change = ChangeTable.Of(added);
        if (change == CredentialChanges.None)
        {
            return;
        }

        // Security: threat 11. An address that no account has costs what one with an account does.
        // Ten sessions that end at one press are one change.
        var now = (work.Context.Database.CurrentTransaction?.TransactionId, added.AccountId, change);
        if (now != last)
        {
            last = now;
            work.Enqueue(PropagateAudited.Kind, added.Id.ToString());
        }
    }
}
