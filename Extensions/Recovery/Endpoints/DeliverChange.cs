using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

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
    KeepReceipt keep,
    RecoveryMetrics metrics,
    ILogger<DeliverChange> logger
) : IOutboxHandler
{
    public const string Kind = "endpoints.deliver";

    private static readonly TimeSpan BehindAnother = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan BehindAPause = TimeSpan.FromMinutes(10);

    private DbSet<Receipt> Receipts => work.Context.Set<Receipt>();

    public async Task HandleAsync(OutboxEntry entry, CancellationToken cancellationToken)
    {
        var id = Guid.Parse(entry.Subject);
        if (await Receipts.AsNoTracking().SingleOrDefaultAsync(r => r.Id == id, cancellationToken) is not { } receipt)
        {
            return;
        }

        // Begun again where all work is looked after, and not at its endpoint.
        var isReopened = entry.RetriedAt is not null && await keep.ReopenAsync(receipt, cancellationToken);
        if (receipt.State != ReceiptState.Pending && !isReopened)
        {
            return;
        }

        var endpoint = await work
            .Context.Set<ServiceEndpoint>()
            .AsNoTracking()
            .SingleOrDefaultAsync(e => e.Id == receipt.EndpointId, cancellationToken);
        if (
            endpoint is null
            || connectors.Find(endpoint.Kind) is not { } connector
            || await accounts.FindAsync(receipt.AccountId, cancellationToken) is not { } account
        )
        {
            await keep.EndAsync(receipt, held: null, ReceiptState.Failed, DeliveryFlaw.Removed);
            return;
        }

        if (endpoint.PausedAt is not null)
        {
            throw new PutOffException(BehindAPause) { Endless = true };
        }

        if (NeedsPassword(receipt, endpoint, connector) && !HasPassword(receipt))
        {
            await keep.EndAsync(receipt, held: null, ReceiptState.WaitsForSignIn, receipt.Flaw, receipt.Detail);
            return;
        }

        // Order: the guard is asked before anything is written, so that what it does not let through costs little.
        var isOver = true;
        var outcome = await guards.RunAsync(
            endpoint.Id,
            async inner =>
            {
                var held = await keep.HoldAsync(receipt, inner) ?? throw new PutOffException(BehindAnother);
                try
                {
                    var ended = await CallAsync(receipt, endpoint, connector, account, inner);
                    isOver = await KeepAsync(receipt, held, ended);
                    return ended;
                }
                finally
                {
                    await keep.ReleaseAsync(receipt, held);
                }
            },
            cancellationToken
        );
        metrics.Delivered(endpoint.Kind, outcome);
        await keep.CallNextAsync(receipt, ended: isOver);
        if (!isOver)
        {
            throw new NotDeliveredException();
        }
    }

    public async Task GivenUpAsync(OutboxEntry entry, CancellationToken cancellationToken)
    {
        var id = Guid.Parse(entry.Subject);
        if (
            await Receipts.AsNoTracking().SingleOrDefaultAsync(r => r.Id == id, cancellationToken) is
            { State: ReceiptState.Pending } receipt
        )
        {
            // What was never tried waited behind what failed.
            var last = await work
                .Context.Set<ServiceEndpoint>()
                .AsNoTracking()
                .Where(e => e.Id == receipt.EndpointId)
                .Select(e => new { e.Flaw, e.Detail })
                .SingleOrDefaultAsync(cancellationToken);
            var (flaw, detail) = receipt.Flaw is null ? (last?.Flaw, last?.Detail) : (receipt.Flaw, receipt.Detail);
            await keep.EndAsync(receipt, held: null, ReceiptState.Failed, flaw ?? DeliveryFlaw.Internal, detail);
        }
    }

    private static bool NeedsPassword(Receipt receipt, ServiceEndpoint endpoint, IEndpointConnector connector) =>
        receipt.Change == CredentialChanges.PasswordChanged
        && connector.TakesPassword(EndpointVault.ReadPlain(endpoint));

    private bool HasPassword(Receipt receipt) =>
        receipt.ProtectedPassword is not null && receipt.PasswordUntil > work.Now;

    // True when nothing is left to be tried by us: where another worker has taken it over meanwhile, that one ends it.
    private async Task<bool> KeepAsync(Receipt receipt, DateTimeOffset held, DeliveryOutcome outcome)
    {
        var isKept = outcome switch
        {
            DeliveryOutcome.Applied => await keep.EndAsync(receipt, held, ReceiptState.Applied),
            DeliveryOutcome.Sent => await keep.EndAsync(receipt, held, ReceiptState.Sent),
            DeliveryOutcome.Refused(var flaw, var detail) => await keep.EndAsync(
                receipt,
                held,
                ReceiptState.Failed,
                flaw,
                detail
            ),
            DeliveryOutcome.NotYet(var flaw, var detail) => await keep.NotYetAsync(receipt, held, flaw, detail),
            DeliveryOutcome.Waits(var wait) => throw new PutOffException(wait),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        if (!isKept && outcome is not DeliveryOutcome.NotYet)
        {
            LogTakenOver(receipt.Id, outcome.GetType().Name);
        }

        return isKept || outcome is not DeliveryOutcome.NotYet;
    }

    private async Task<DeliveryOutcome> CallAsync(
        Receipt receipt,
        ServiceEndpoint endpoint,
        IEndpointConnector connector,
        RecoverableAccount account,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var needs = NeedsPassword(receipt, endpoint, connector);
            var delivery = new EndpointDelivery(
                receipt.Id,
                receipt.Change,
                receipt.CreatedAt,
                new(
                    account.Id,
                    account.UserName ?? account.Email,
                    account.Email,
                    propagate.IsOpen(account, endpoint),
                    await bound.TargetAsync(endpoint.Id, account.Id, cancellationToken)
                ),
                vault.Read(endpoint),
                endpoint.Reference
            )
            {
                Closes = (endpoint.Follows & CredentialChanges.Closing) != 0,
                Password = needs ? vault.UnprotectPassword(receipt.Id, receipt.ProtectedPassword!) : null,
            };
            return await connector.DeliverAsync(delivery, cancellationToken);
        }
        catch (CryptographicException exception)
        {
            LogDefect(exception, connector.Kind, receipt.Id);
            return new DeliveryOutcome.NotYet(DeliveryFlaw.Unreadable);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogDefect(exception, connector.Kind, receipt.Id);
            return new DeliveryOutcome.NotYet(DeliveryFlaw.Internal);
        }
    }

    [LoggerMessage(LogLevel.Error, "The connector '{Kind}' failed at the delivery {Delivery}")]
    private partial void LogDefect(Exception exception, string kind, Guid delivery);

    [LoggerMessage(
        LogLevel.Warning,
        "Another worker has taken the delivery {Delivery} over, which ended here as {Outcome}"
    )]
    private partial void LogTakenOver(Guid delivery, string outcome);

    // Tells the outbox that it is to be tried again; the receipt has the reason.
    private sealed class NotDeliveredException() : Exception("Not delivered yet.");
}
