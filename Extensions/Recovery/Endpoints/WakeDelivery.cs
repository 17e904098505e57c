using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Endpoints;

/// <summary>Has a delivery tried at once that waits for something else to be done: what it waited for calls it.</summary>
public sealed class WakeDelivery
{
    private readonly UnitOfWork work;

    internal WakeDelivery(UnitOfWork work) => this.work = work;

    /// <summary>Wakes what waits of an account at an endpoint of the host's own.</summary>
    /// <param name="reference">What the host knows the endpoint by.</param>
    public Task WakeAsync(string accountId, string reference, CancellationToken cancellationToken) =>
        work.RunAsync(
            async inner =>
            {
                var waiting = await work
                    .Context.Set<Receipt>()
                    .Where(r => r.AccountId == accountId && r.State == ReceiptState.Pending && r.HeldUntil == null)
                    .Where(r =>
                        work.Context.Set<ServiceEndpoint>().Any(e => e.Id == r.EndpointId && e.Reference == reference)
                    )
                    .OrderBy(r => r.Id)
                    .Select(r => (Guid?)r.Id)
                    .FirstOrDefaultAsync(inner);
                if (waiting is { } receiptId)
                {
                    await NowAsync(receiptId, inner);
                }
            },
            cancellationToken
        );

    /// <summary>
    /// Has a receipt delivered now that waits for a later time. In a transaction. True when there is an entry that will.
    /// </summary>
    internal async Task<bool> NowAsync(Guid receiptId, CancellationToken cancellationToken)
    {
        var now = work.Now;
        var subject = receiptId.ToString();
        var entries = work
            .Context.Set<OutboxEntry>()
            .Where(e =>
                e.Kind == DeliverChange.Kind && e.Subject == subject && e.DoneAt == null && e.GivenUpAt == null
            );
        if (!await entries.AnyAsync(cancellationToken))
        {
            return false;
        }

        var woken = await entries
            .Where(e => e.DueAt > now && e.HeldBy == null)
            .ExecuteUpdateAsync(set => set.SetProperty(e => e.DueAt, now), cancellationToken);
        if (woken > 0)
        {
            work.Announce(DeliverChange.Kind);
        }

        return true;
    }
}
