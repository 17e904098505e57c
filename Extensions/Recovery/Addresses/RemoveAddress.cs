using IdP.Recovery.Audit;
using IdP.Recovery.PasswordReset;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Addresses;

/// <summary>
/// Removes a further address. Every confirmed address is told, the removed one included (SP 800-63B-4, 4.6); one that
/// never counted goes without a word. The caller asks for a fresh proof first.
/// </summary>
public sealed class RemoveAddress(UnitOfWork work, AuditLog audit)
{
    private DbSet<RecoveryAddress> Addresses => work.Context.Set<RecoveryAddress>();

    /// <summary>Removes it; false when it is no further address of that account, or another call was first.</summary>
    /// <param name="actorId">Who does it.</param>
    /// <param name="cancellationToken">Stops; nothing is removed then.</param>
    public Task<bool> RunAsync(
        string accountId,
        Guid addressId,
        Requester requester,
        string actorId,
        CancellationToken cancellationToken
    ) =>
        work.RunAsync(
            async inner =>
            {
                var waiting = await Addresses
                    .Where(a => a.Id == addressId && a.AccountId == accountId && a.ConfirmedAt == null)
                    .ExecuteDeleteAsync(inner);
                var counting =
                    waiting == 0
                        ? await Addresses
                            .Where(a => a.Id == addressId && a.AccountId == accountId && a.Confirmed != null)
                            .ExecuteUpdateAsync(
                                set =>
                                    set.SetProperty(a => a.Confirmed, (string?)null)
                                        .SetProperty(a => a.Place, (int?)null)
                                        .SetProperty(a => a.RemovedAt, work.Now),
                                inner
                            )
                        : 0;
                if (waiting + counting == 0)
                {
                    return false;
                }

                var removed = audit.Add(
                    AuditEventTypes.AddressRemoved,
                    accountId,
                    requester,
                    addressId.ToString(),
                    reason: counting == 0 ? AuditReasons.Unconfirmed : null,
                    actorId: actorId
                );
                if (counting == 1)
                {
                    await VoidResetsAsync(accountId, addressId, inner);
                    SendAddressNotice.Enqueue(work, removed);
                }

                return true;
            },
            cancellationToken
        );

    // Security: threat 14. A link that was mailed there dies with the address.
    private async Task VoidResetsAsync(string accountId, Guid addressId, CancellationToken cancellationToken)
    {
        var normalized = await Addresses
            .Where(a => a.Id == addressId)
            .Select(a => a.Normalized)
            .SingleAsync(cancellationToken);
        await OpenResets.VoidAsync(work, accountId, cancellationToken, normalized);
    }
}
