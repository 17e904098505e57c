using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery;

/// <summary>What people are called, for lists of what happened to them.</summary>
public interface IAccountNames
{
    /// <summary>Their names, or addresses where none is known, by id. Who is gone is left out.</summary>
    Task<IReadOnlyDictionary<string, string>> FindAsync(
        IReadOnlyCollection<string> accountIds,
        CancellationToken cancellationToken
    );
}

internal sealed class IdentityAccountNames<TUser, TKey>(IdentityTables<TUser, TKey> tables) : IAccountNames
    where TUser : IdentityUser<TKey>
    where TKey : IEquatable<TKey>
{
    public async Task<IReadOnlyDictionary<string, string>> FindAsync(
        IReadOnlyCollection<string> accountIds,
        CancellationToken cancellationToken
    )
    {
        var keys = AccountKey<TKey>.Parse(accountIds);
        var named = await tables.Users.AsNoTracking().Where(u => keys.Contains(u.Id)).ToListAsync(cancellationToken);
        return named.ToDictionary(
            u => AccountKey<TKey>.Text(u.Id),
            u => (u as IRecoverableUser)?.DisplayName ?? u.Email ?? AccountKey<TKey>.Text(u.Id)
        );
    }
}
