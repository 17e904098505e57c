using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Endpoints;

/// <summary>
/// What becomes of a receipt. Whoever delivers holds it, on one node at a time, and ends what they hold; from the moment
/// that a service was spoken to, nothing here stops because somebody has left.
/// </summary>
internal sealed class KeepReceipt(UnitOfWork work, WakeDelivery wake)
{
    // Longer than any service may take to answer.
    private static readonly TimeSpan Hold = TimeSpan.FromMinutes(5);

    private DbSet<Receipt> Receipts => work.Context.Set<Receipt>();

    private DbSet<ServiceEndpoint> Endpoints => work.Context.Set<ServiceEndpoint>();

    /// <summary>
    /// Holds a receipt, and gives until when; null where another worker does, or an older one of the person is on its way to
    /// the same endpoint. Security: threat 10. Nobody overtakes what is under way.
    /// </summary>
    public async Task<DateTimeOffset?> HoldAsync(Receipt receipt, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var now = work.Now;

        // As each database keeps it, since the one who ends it must name it.
        var until = DateTimeOffset.FromUnixTimeMilliseconds((now + Hold).ToUnixTimeMilliseconds());
        var held = await Receipts
            .Where(r =>
                r.Id == receipt.Id && r.State == ReceiptState.Pending && (r.HeldUntil == null || r.HeldUntil <= now)
            )
            .Where(r =>
                !Receipts.Any(o =>
                    o.EndpointId == receipt.EndpointId
                    && o.AccountId == receipt.AccountId
                    && o.State == ReceiptState.Pending
                    && o.Id < receipt.Id
                )
            )
            .ExecuteUpdateAsync(
                set => set.SetProperty(r => r.HeldUntil, until).SetProperty(r => r.TriedAt, now),
                CancellationToken.None
            );
        return held == 1 ? until : null;
    }

    public Task ReleaseAsync(Receipt receipt, DateTimeOffset held) =>
        Receipts
            .Where(r => r.Id == receipt.Id && r.HeldUntil == held)
            .ExecuteUpdateAsync(
                set => set.SetProperty(r => r.HeldUntil, (DateTimeOffset?)null),
                CancellationToken.None
            );

    /// <summary>Begins one again that has failed.</summary>
    public async Task<bool> ReopenAsync(Receipt receipt, CancellationToken cancellationToken) =>
        await Receipts
            .Where(r => r.Id == receipt.Id && r.State == ReceiptState.Failed)
            .ExecuteUpdateAsync(
                set =>
                    set.SetProperty(r => r.State, ReceiptState.Pending)
                        .SetProperty(r => r.EndedAt, (DateTimeOffset?)null),
                cancellationToken
            ) == 1;

    /// <summary>Ends it, or lets it wait for its person. False where somebody else has it in hand, or has ended it.</summary>
    /// <param name="held">Until when it is held; null where nobody holds it.</param>
    public async Task<bool> EndAsync(
        Receipt receipt,
        DateTimeOffset? held,
        ReceiptState state,
        DeliveryFlaw? flaw = null,
        string? detail = null
    )
    {
        var isOurs = await work.RunAsync(
            async _ =>
            {
                var now = work.Now;
                DateTimeOffset? endedAt = state == ReceiptState.WaitsForSignIn ? null : now;
                var ended = await Receipts
                    .Where(r => r.Id == receipt.Id && r.State == ReceiptState.Pending)
                    .Where(r => held == null ? r.HeldUntil == null || r.HeldUntil <= now : r.HeldUntil == held)
                    .ExecuteUpdateAsync(
                        set =>
                            set.SetProperty(r => r.State, state)
                                .SetProperty(r => r.EndedAt, endedAt)
                                .SetProperty(r => r.HeldUntil, (DateTimeOffset?)null)
                                .SetProperty(r => r.Flaw, flaw)
                                .SetProperty(r => r.Detail, Short(detail))
                                .SetProperty(r => r.ProtectedPassword, (string?)null)
                                .SetProperty(r => r.PasswordUntil, (DateTimeOffset?)null),
                        CancellationToken.None
                    );
                if (ended == 1 && state is ReceiptState.Failed or ReceiptState.WaitsForSignIn)
                {
                    await SendReceiptNotice.EnqueueAsync(work, receipt, CancellationToken.None);
                }

                return ended == 1;
            },
            CancellationToken.None
        );
        if (!isOurs)
        {
            return false;
        }

        if (state is ReceiptState.Applied or ReceiptState.Sent)
        {
            await NoteAsync(receipt.EndpointId, flaw: null, detail: null);
        }
        else if (held is not null && state == ReceiptState.Failed)
        {
            await NoteAsync(receipt.EndpointId, flaw, detail);
        }

        return true;
    }

    /// <summary>Keeps why it did not reach the endpoint this time. True when a newer password makes another try needless.</summary>
    public async Task<bool> NotYetAsync(Receipt receipt, DateTimeOffset held, DeliveryFlaw flaw, string? detail)
    {
        await NoteAsync(receipt.EndpointId, flaw, detail);
        var isNewer =
            receipt.Change == CredentialChanges.PasswordChanged
            && await Receipts.AnyAsync(
                r =>
                    r.EndpointId == receipt.EndpointId
                    && r.AccountId == receipt.AccountId
                    && r.Change == CredentialChanges.PasswordChanged
                    && r.Id > receipt.Id,
                CancellationToken.None
            );
        if (isNewer)
        {
            await EndAsync(receipt, held, ReceiptState.Superseded, flaw, detail);
            return true;
        }

        await Receipts
            .Where(r => r.Id == receipt.Id && r.HeldUntil == held)
            .ExecuteUpdateAsync(
                set => set.SetProperty(r => r.Flaw, flaw).SetProperty(r => r.Detail, Short(detail)),
                CancellationToken.None
            );
        return false;
    }

    /// <summary>
    /// Calls what waits for nothing but this: the next of the same person, or else the oldest that was put off at the
    /// endpoint. Order: after the transaction that ends one, which would hold two entries otherwise.
    /// </summary>
    public async Task CallNextAsync(Receipt receipt, bool ended)
    {
        var waiting = Receipts.Where(r =>
            r.EndpointId == receipt.EndpointId
            && r.State == ReceiptState.Pending
            && r.HeldUntil == null
            && r.Id != receipt.Id
        );
        var next = !ended
            ? null
            : await waiting
                .Where(r => r.AccountId == receipt.AccountId)
                .OrderBy(r => r.Id)
                .Select(r => (Guid?)r.Id)
                .FirstOrDefaultAsync(CancellationToken.None)
                ?? await waiting
                    .Where(r => r.Flaw == null)
                    .OrderBy(r => r.Id)
                    .Select(r => (Guid?)r.Id)
                    .FirstOrDefaultAsync(CancellationToken.None);
        if (next is { } id)
        {
            await work.RunAsync(inner => wake.NowAsync(id, inner), CancellationToken.None);
        }
    }

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

    private static string? Short(string? detail) =>
        detail is { Length: > Receipt.MaxDetailLength } ? detail[..Receipt.MaxDetailLength] : detail;
}
