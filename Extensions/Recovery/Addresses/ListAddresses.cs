using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Addresses;

/// <summary>The further addresses of an account, as its owner sees them.</summary>
public sealed class ListAddresses(UnitOfWork work)
{
    /// <summary>Those that count and those that wait for their code, oldest first.</summary>
    public async Task<IReadOnlyList<FurtherAddress>> RunAsync(string accountId, CancellationToken cancellationToken) =>
        await work
            .Context.Set<RecoveryAddress>()
            .Where(a => a.AccountId == accountId && a.Place != null)
            .OrderBy(a => a.CreatedAt)
            .Select(a => new FurtherAddress(a.Id, a.Address, a.Confirmed != null, a.CreatedAt))
            .ToListAsync(cancellationToken);
}

/// <summary>A further address of an account.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Address">As entered.</param>
/// <param name="IsConfirmed">Whether its code has come back; until then it counts for nothing.</param>
/// <param name="AddedAt">When it was added.</param>
public sealed record FurtherAddress(Guid Id, string Address, bool IsConfirmed, DateTimeOffset AddedAt);
