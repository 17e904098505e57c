using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Endpoints;

/// <summary>
/// Sends again what did not reach an endpoint, one or all, unless something newer of the same person has followed it. A password is not kept for it: where the service must be
/// given one, the person's next sign-in delivers it.
/// </summary>
public sealed class RetryDeliveries
{
    private const int Most = 1000;

    private readonly UnitOfWork work;
    private readonly EndpointConnectors connectors;
    private readonly WakeDelivery wake;
    private readonly AuditLog audit;

    internal RetryDeliveries(UnitOfWork work, EndpointConnectors connectors, WakeDelivery wake, AuditLog audit)
    {
        this.work = work;
        this.connectors = connectors;
        this.wake = wake;
        this.audit = audit;
    }

    /// <summary>Sends again; returns how many, or null when the endpoint is gone or the actor may not.</summary>
    /// <param name="receiptId">One of them; null for all, a thousand at a time.</param>
    public Task<int?> RunAsync(
        Actor actor,
        Guid endpointId,
        Guid? receiptId,
        Requester requester,
        CancellationToken cancellationToken
    ) =>
        work.RunAsync<int?>(
            async inner =>
            {
                if (
                    !ConsolePermissions.May(actor.Roles, ConsoleAction.ManageSystem)
                    || await work
                        .Context.Set<ServiceEndpoint>()
                        .AsNoTracking()
                        .SingleOrDefaultAsync(e => e.Id == endpointId, inner)
                        is not { } endpoint
                )
                {
                    return null;
                }

                var retried = await RetryAsync(endpoint, receiptId, inner);
                if (retried > 0)
                {
                    audit.Add(
                        AuditEventTypes.EndpointRetried,
                        accountId: null,
                        requester,
                        endpoint.Name,
                        actorId: actor.Id,
                        proof: actor.Proof
                    );
                }

                return retried;
            },
            cancellationToken
        );

    private async Task<int> RetryAsync(ServiceEndpoint endpoint, Guid? receiptId, CancellationToken cancellationToken)
    {
        var receipts = work.Context.Set<Receipt>();
        var takesPassword = connectors.Find(endpoint.Kind)?.TakesPassword(EndpointVault.ReadPlain(endpoint)) == true;
        var open = await receipts
            .AsNoTracking()
            .Where(r =>
                r.EndpointId == endpoint.Id
                && (r.State == ReceiptState.Failed || r.State == ReceiptState.Pending)
                && (receiptId == null || r.Id == receiptId)
                && !receipts.Any(newer =>
                    newer.EndpointId == r.EndpointId
                    && newer.AccountId == r.AccountId
                    && newer.Id > r.Id
                    && r.State == ReceiptState.Failed
                )
            )
            .OrderBy(r => r.Id)
            .Take(Most)
            .ToListAsync(cancellationToken);
        var retried = 0;
        foreach (var receipt in open)
        {
            retried +=
                receipt.State == ReceiptState.Pending
                    ? await HastenAsync(receipt, cancellationToken)
                    : await BeginAgainAsync(receipt, takesPassword, cancellationToken);
        }

        return retried;
    }

    private async Task<int> BeginAgainAsync(Receipt receipt, bool takesPassword, CancellationToken cancellationToken)
    {
        var waits = takesPassword && receipt.Change == CredentialChanges.PasswordChanged;
        var state = waits ? ReceiptState.WaitsForSignIn : ReceiptState.Pending;
        var begun = await work
            .Context.Set<Receipt>()
            .Where(r => r.Id == receipt.Id && r.State == ReceiptState.Failed)
            .ExecuteUpdateAsync(
                set => set.SetProperty(r => r.State, state).SetProperty(r => r.EndedAt, (DateTimeOffset?)null),
                cancellationToken
            );
        if (begun == 1 && !waits)
        {
            work.Enqueue(DeliverChange.Kind, receipt.Id.ToString());
        }

        return begun;
    }

    // What is in a worker's hands is tried at this moment anyway.
    private async Task<int> HastenAsync(Receipt receipt, CancellationToken cancellationToken) =>
        receipt.HeldUntil is null && await wake.NowAsync(receipt.Id, cancellationToken) ? 1 : 0;
}
