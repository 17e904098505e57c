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

internal sealed class IdentityAccountNames<TUser>(UnitOfWork work) : IAccountNames
    where TUser : IdentityUser
{
    public async Task<IReadOnlyDictionary<string, string>> FindAsync(
        IReadOnlyCollection<string> accountIds,
        CancellationToken cancellationToken
    )
    {
        var named = await work
            .Context.Set<TUser>()
            .AsNoTracking()
            .Where(u => accountIds.Contains(u.Id))
            .ToListAsync(cancellationToken);
        return named.ToDictionary(u => u.Id, u => (u as IRecoverableUser)?.DisplayName ?? u.Email ?? u.Id);
    }
}
