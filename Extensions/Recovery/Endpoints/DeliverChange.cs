using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.Endpoints;

/// <summary>
/// A job: brings one change to one endpoint, and keeps in the receipt how that went. In order for each person and
/// endpoint; at least once, so that a connector must lead to the same state if it is called again.
/// </summary>
internal sealed partial class DeliverChange(
    UnitOfWork work,
    IAccounts accounts,
    PropagateChange propagate,
    BoundEndpoints bound,
    EndpointConnectors connectors,
    EndpointVault vault,
    EndpointGuards guards,
    WakeDelivery wake,
    RecoveryMetrics metrics,
    IOptions<OutboxOptions> outbox,
    ILogger<DeliverChange> logger
) : IOutboxHandler
{
    public const string Kind = "endpoints.deliver";

    private static readonly TimeSpan BehindAnother = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan BehindAPause = TimeSpan.FromMinutes(10);

    private DbSet<Receipt> Receipts => work.Context.Set<Receipt>();

    private DbSet<ServiceEndpoint> Endpoints => work.Context.Set<ServiceEndpoint>();

    public async Task HandleAsync(OutboxEntry entry, CancellationToken cancellationToken)
    {
        var id = Guid.Parse(entry.Subject);
        if (
            await Receipts.AsNoTracking().SingleOrDefaultAsync(r => r.Id == id, cancellationToken)
            is not { State: ReceiptState.Pending } receipt
        )
        {
            return;
        }

        var endpoint = await Endpoints
            .AsNoTracking()
            .SingleOrDefaultAsync(e => e.Id == receipt.EndpointId, cancellationToken);
        if (
            endpoint is null
            || connectors.Find(endpoint.Kind) is not { } connector
            || await accounts.FindAsync(receipt.AccountId, cancellationToken) is not { } account
        )
        {
            await EndAsync(receipt, ReceiptState.Failed, DeliveryFlaw.Removed, detail: null);
            return;
        }

        if (endpoint.PausedAt is not null)
        {
            throw new PutOffException(BehindAPause);
        }

        if (!await HoldAsync(receipt, cancellationToken))
        {
            throw new PutOffException(BehindAnother);
        }

        try
        {
            await DeliverAsync(receipt, endpoint, connector, account, cancellationToken);
        }
        finally
        {
            await Receipts
                .Where(r => r.Id == id)
                .ExecuteUpdateAsync(
                    set => set.SetProperty(r => r.HeldUntil, (DateTimeOffset?)null),
                    CancellationToken.None
                );
        }
    }

    public async Task GivenUpAsync(OutboxEntry entry, CancellationToken cancellationToken)
    {
        var id = Guid.Parse(entry.Subject);
        if (await Receipts.AsNoTracking().SingleOrDefaultAsync(r => r.Id == id, cancellationToken) is { } receipt)
        {
            await EndAsync(receipt, ReceiptState.Failed, receipt.Flaw ?? DeliveryFlaw.Internal, receipt.Detail);
        }
    }

    // Security: threat 10. The oldest of a person at an endpoint goes first, and nobody overtakes what is under way.
    private async Task<bool> HoldAsync(Receipt receipt, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var now = work.Now;
        return await Receipts
                .Where(r => r.Id == receipt.Id && r.State == ReceiptState.Pending)
                .Where(r =>
                    !Receipts.Any(o =>
                        o.EndpointId == receipt.EndpointId
                        && o.AccountId == receipt.AccountId
                        && o.State == ReceiptState.Pending
                        && o.Id < receipt.Id
                    )
                )
                .ExecuteUpdateAsync(
                    set => set.SetProperty(r => r.HeldUntil, now + outbox.Value.Lease).SetProperty(r => r.TriedAt, now),
                    CancellationToken.None
                ) == 1;
    }

    private async Task DeliverAsync(
        Receipt receipt,
        ServiceEndpoint endpoint,
        IEndpointConnector connector,
        RecoverableAccount account,
        CancellationToken cancellationToken
    )
    {
        var settings = vault.Read(endpoint);
        string? password = null;
        if (receipt.Change == CredentialChanges.PasswordChanged && connector.TakesPassword(settings))
        {
            if (receipt.ProtectedPassword is not { } kept || receipt.PasswordUntil <= work.Now)
            {
                await EndAsync(receipt, ReceiptState.WaitsForSignIn, receipt.Flaw, receipt.Detail);
                return;
            }

            password = vault.UnprotectPassword(receipt.Id, kept);
        }

        var delivery = new EndpointDelivery(
            receipt.Id,
            receipt.Change,
            receipt.CreatedAt,
            new(
                account.Id,
                account.UserName ?? account.Email,
                account.Email,
                propagate.IsOpen(account),
                await bound.TargetAsync(endpoint.Id, account.Id, cancellationToken)
            ),
            settings,
            endpoint.Reference
        )
        {
            Password = password,
        };
        var outcome = await guards.RunAsync(
            endpoint.Id,
            inner => CallAsync(connector, delivery, inner),
            cancellationToken
        );
        metrics.Delivered(endpoint.Kind, outcome);
        switch (outcome)
        {
            case DeliveryOutcome.Applied:
                await EndAsync(receipt, ReceiptState.Applied, flaw: null, detail: null);
                break;
            case DeliveryOutcome.Sent:
                await EndAsync(receipt, ReceiptState.Sent, flaw: null, detail: null);
                break;
            case DeliveryOutcome.Refused(var flaw, var detail):
                await EndAsync(receipt, ReceiptState.Failed, flaw, detail);
                break;
            case DeliveryOutcome.NotYet(var flaw, var detail):
                await KeepFailureAsync(receipt, flaw, detail);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private async Task<DeliveryOutcome> CallAsync(
        IEndpointConnector connector,
        EndpointDelivery delivery,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await connector.DeliverAsync(delivery, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogDefect(exception, connector.Kind, delivery.Id);
            return new DeliveryOutcome.NotYet(DeliveryFlaw.Internal);
        }
    }

    // It is tried again, unless a newer password has come meanwhile: that one overtakes.
    private async Task KeepFailureAsync(Receipt receipt, DeliveryFlaw flaw, string? detail)
    {
        await NoteAsync(receipt.EndpointId, flaw, detail);
        var newer =
            receipt.Change == CredentialChanges.PasswordChanged
            && await Receipts.AnyAsync(
                r =>
                    r.EndpointId == receipt.EndpointId
                    && r.AccountId == receipt.AccountId
                    && r.Change == CredentialChanges.PasswordChanged
                    && r.Id > receipt.Id,
                CancellationToken.None
            );
        if (newer)
        {
            await EndAsync(receipt, ReceiptState.Superseded, flaw, detail);
            return;
        }

        await Receipts
            .Where(r => r.Id == receipt.Id)
            .ExecuteUpdateAsync(
                set => set.SetProperty(r => r.Flaw, flaw).SetProperty(r => r.Detail, Short(detail)),
                CancellationToken.None
            );
        throw new NotDeliveredException(flaw);
    }

    // From here on nothing stops: what the service has taken is kept, and whoever waits behind it is called.
    private Task EndAsync(Receipt receipt, ReceiptState state, DeliveryFlaw? flaw, string? detail) =>
        work.RunAsync(
            async _ =>
            {
                DateTimeOffset? endedAt = state == ReceiptState.WaitsForSignIn ? null : work.Now;
                var ended = await Receipts
                    .Where(r => r.Id == receipt.Id && r.State == ReceiptState.Pending)
                    .ExecuteUpdateAsync(
                        set =>
                            set.SetProperty(r => r.State, state)
                                .SetProperty(r => r.EndedAt, endedAt)
                                .SetProperty(r => r.Flaw, flaw)
                                .SetProperty(r => r.Detail, Short(detail))
                                .SetProperty(r => r.ProtectedPassword, (string?)null)
                                .SetProperty(r => r.PasswordUntil, (DateTimeOffset?)null),
                        CancellationToken.None
                    );
                if (ended == 0)
                {
                    return;
                }

                if (state is ReceiptState.Applied or ReceiptState.Sent)
                {
                    await NoteAsync(receipt.EndpointId, flaw: null, detail: null);
                }
                else if (state == ReceiptState.Failed && flaw is { } why)
                {
                    await NoteAsync(receipt.EndpointId, why, detail);
                }

                if (state is ReceiptState.Failed or ReceiptState.WaitsForSignIn)
                {
                    SendReceiptNotice.Enqueue(work, receipt);
                }

                await CallNextAsync(receipt);
            },
            CancellationToken.None
        );

    private Task NoteAsync(Guid endpointId, DeliveryFlaw? flaw, string? detail)
    {
        var now = work.Now;
        var endpoint = Endpoints.Where(e => e.Id == endpointId);
        return flaw is null
            ? endpoint.ExecuteUpdateAsync(set => set.SetProperty(e => e.SucceededAt, now), CancellationToken.None)
            : endpoint.ExecuteUpdateAsync(
                set =>
                    set.SetProperty(e => e.FailedAt, now)
                        .SetProperty(e => e.Flaw, flaw)
                        .SetProperty(e => e.Detail, Short(detail)),
                CancellationToken.None
            );
    }

    // What waits for nothing but this: the next of the same person, or else the oldest that was put off at the endpoint.
    private async Task CallNextAsync(Receipt receipt)
    {
        var waiting = Receipts.Where(r =>
            r.EndpointId == receipt.EndpointId && r.State == ReceiptState.Pending && r.HeldUntil == null
        );
        var next =
            await waiting
                .Where(r => r.AccountId == receipt.AccountId)
                .OrderBy(r => r.Id)
                .Select(r => (Guid?)r.Id)
                .FirstOrDefaultAsync(CancellationToken.None)
            ?? await waiting
                .Where(r => r.TriedAt != null && r.Flaw == null)
                .OrderBy(r => r.Id)
                .Select(r => (Guid?)r.Id)
                .FirstOrDefaultAsync(CancellationToken.None);
        if (next is { } id)
        {
            await wake.NowAsync(id, CancellationToken.None);
        }
    }

    private static string? Short(string? detail) =>
        detail is { Length: > Receipt.MaxDetailLength } ? detail[..Receipt.MaxDetailLength] : detail;

    [LoggerMessage(LogLevel.Error, "The connector '{Kind}' failed at the delivery {Delivery}")]
    private partial void LogDefect(Exception exception, string kind, Guid delivery);

    // Tells the outbox that it is to be tried again; the receipt has the reason.
    private sealed class NotDeliveredException(DeliveryFlaw flaw) : Exception(flaw.ToString());
}
