using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery;

/// <summary>
/// Identity's tables as the host has them: of its own types where it has derived some, and empty where it has none.
/// </summary>
internal sealed class IdentityTables<TUser, TKey>(UnitOfWork work)
    where TUser : IdentityUser<TKey>
    where TKey : IEquatable<TKey>
{
    public DbSet<TUser> Users => work.Context.Set<TUser>();

    public bool HasRoles => TypeOf<IdentityUserRole<TKey>>() is not null;

    public bool HasPasskeys => TypeOf<IdentityUserPasskey<TKey>>() is not null;

    public IQueryable<IdentityUserToken<TKey>> Tokens =>
        Rows<IdentityUserToken<TKey>>()
        ?? throw new NotSupportedException("This host's context has no tokens of users.");

    public IQueryable<IdentityRole<TKey>> Roles =>
        Rows<IdentityRole<TKey>>() ?? Nobody.Select(u => new IdentityRole<TKey> { Id = u.Id, Name = u.UserName });

    public IQueryable<IdentityUserRole<TKey>> UserRoles =>
        Rows<IdentityUserRole<TKey>>()
        ?? Nobody.Select(u => new IdentityUserRole<TKey> { UserId = u.Id, RoleId = u.Id });

    public IQueryable<IdentityUserPasskey<TKey>> Passkeys =>
        Rows<IdentityUserPasskey<TKey>>() ?? Nobody.Select(u => new IdentityUserPasskey<TKey> { UserId = u.Id });

    private IQueryable<TUser> Nobody => Users.Where(_ => false);

    /// <summary>The user of an id.</summary>
    public IQueryable<TUser> User(string accountId)
    {
        var key = AccountKey<TKey>.Parse(accountId);
        return Users.Where(u => u.Id.Equals(key));
    }

    /// <summary>
    /// Waits, in a transaction, until no other one that does so changes what belongs to a user. Changes nothing, for which a
    /// host would look at the concurrency stamp.
    /// </summary>
    public Task LockAsync(string accountId, CancellationToken cancellationToken) =>
        User(accountId)
            .ExecuteUpdateAsync(
                set => set.SetProperty(u => u.AccessFailedCount, u => u.AccessFailedCount),
                cancellationToken
            );

    /// <summary>A new row, of the host's own type.</summary>
    public T New<T>()
        where T : class => (T)Activator.CreateInstance(TypeOf<T>() ?? typeof(T))!;

    private Type? TypeOf<T>()
        where T : class => IdentityModel.TypeOf(work.Context.Model, typeof(T));

    private IQueryable<T>? Rows<T>()
        where T : class
    {
        var type = TypeOf<T>();
        return type is null ? null
            : type == typeof(T) ? work.Context.Set<T>()
            : (IQueryable<T>)SetOf.MakeGenericMethod(type).Invoke(work.Context, null)!;
    }

    private static readonly System.Reflection.MethodInfo SetOf = typeof(DbContext).GetMethod(
        nameof(DbContext.Set),
        genericParameterCount: 1,
        Type.EmptyTypes
    )!;
}
