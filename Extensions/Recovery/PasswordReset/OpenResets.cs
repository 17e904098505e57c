using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.PasswordReset;

/// <summary>The requests of an account that could still be redeemed.</summary>
internal static class OpenResets
{
    /// <summary>Makes them void (threat 14).</summary>
    /// <param name="work">The transaction.</param>
    /// <param name="address">Only those that were asked for under this address.</param>
    public static Task<int> VoidAsync(
        UnitOfWork work,
        string accountId,
        CancellationToken cancellationToken,
        string? address = null
    ) =>
        work
            .Context.Set<ResetRequest>()
            .Where(r => r.AccountId == accountId && (address == null || r.Address == address))
            .VoidAsync(work.Now, cancellationToken);

    /// <summary>Makes those of these void that could still be redeemed; returns how many.</summary>
    public static Task<int> VoidAsync(
        this IQueryable<ResetRequest> requests,
        DateTimeOffset now,
        CancellationToken cancellationToken
    ) =>
        requests
            .Where(r => r.RedeemedAt == null && r.VoidedAt == null)
            .ExecuteUpdateAsync(
                set => set.SetProperty(r => r.VoidedAt, now).SetProperty(r => r.ProtectedToken, (string?)null),
                cancellationToken
            );

    /// <summary>The link is with its owner: only the hash of its token is left.</summary>
    public static Task<int> MarkSentAsync(
        this IQueryable<ResetRequest> requests,
        DateTimeOffset now,
        CancellationToken cancellationToken
    ) =>
        requests.ExecuteUpdateAsync(
            set => set.SetProperty(r => r.SentAt, now).SetProperty(r => r.ProtectedToken, (string?)null),
            cancellationToken
        );
}
