using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.PasswordReset;

/// <summary>The requests of an account that could still be redeemed.</summary>
internal static class OpenResets
{
    /// <summary>Makes them void (threat 14).</summary>
    /// <param name="work">The transaction.</param>
    /// <param name="accountId">Whose.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <param name="address">Only those that were asked for under this address.</param>
    public static Task<int> VoidAsync(
        UnitOfWork work,
        string accountId,
        CancellationToken cancellationToken,
        string? address = null
    ) =>
        work
            .Context.Set<PasswordResetRequest>()
            .Where(r =>
                r.AccountId == accountId
                && (address == null || r.Address == address)
                && r.RedeemedAt == null
                && r.VoidedAt == null
            )
            .ExecuteUpdateAsync(
                set => set.SetProperty(r => r.VoidedAt, work.Now).SetProperty(r => r.ProtectedToken, (string?)null),
                cancellationToken
            );
}
