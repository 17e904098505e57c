using IdP.Recovery.Console;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery;

/// <summary>Identity's users, found and changed by guarded updates.</summary>
internal sealed class IdentityAccounts<TUser, TKey>(
    UnitOfWork work,
    ILookupNormalizer names,
    RoleNames roleNames,
    IdentityTables<TUser, TKey> tables,
    AccountQuery<TUser, TKey> query
) : IAccounts, IRoleMembers
    where TUser : IdentityUser<TKey>
    where TKey : IEquatable<TKey>
{
    private DbSet<TUser> Users => tables.Users;

    public async Task<RecoverableAccount?> FindAsync(string accountId, CancellationToken cancellationToken)
    {
        var key = AccountKey<TKey>.Parse(accountId);
        return (await query.FindAsync(u => u.Id.Equals(key), cancellationToken))?.Account;
    }

    public async Task<RecoverableAccount?> FindByAddressAsync(string address, CancellationToken cancellationToken)
    {
        if (await query.FindAsync(u => u.NormalizedEmail == address, cancellationToken) is { } own)
        {
            return own.Account;
        }

        var accountId = await work
            .Context.Set<RecoveryAddress>()
            .Where(a => a.Confirmed == address)
            .Select(a => a.AccountId)
            .SingleOrDefaultAsync(cancellationToken);
        return accountId is null ? null : await FindAsync(accountId, cancellationToken);
    }

    public async Task<IReadOnlyList<RecoverableAccount>> ListAdministratorsAsync(CancellationToken cancellationToken)
    {
        var administrator = roleNames.OfHost(ConsoleRoles.Administrator);
        var ids = await query
            .RolesOf()
            .Where(r => r.Name == administrator)
            .Select(r => AccountKey<TKey>.Text(r.UserId))
            .ToListAsync(cancellationToken);
        var administrators = new List<RecoverableAccount>();
        foreach (var id in ids)
        {
            administrators.Add((await FindAsync(id, cancellationToken))!);
        }

        return administrators;
    }

    public async Task<bool> SetAddressAsync(
        RecoverableAccount account,
        string address,
        CancellationToken cancellationToken
    )
    {
        var normalized =
            EmailAddress.Normalize(address) ?? throw new ArgumentException("This is not an address.", nameof(address));
        var key = AccountKey<TKey>.Parse(account.Id);
        return await Users
                .Where(u =>
                    u.Id.Equals(key)
                    && u.SecurityStamp == account.SecurityStamp
                    && !Users.Any(other =>
                        !other.Id.Equals(key)
                        && (other.NormalizedEmail == normalized || other.NormalizedUserName == normalized)
                    )
                )
                .ExecuteUpdateAsync(
                    set =>
                        set.SetProperty(
                                u => u.UserName,
                                u => u.NormalizedUserName == account.Address ? address : u.UserName
                            )
                            .SetProperty(
                                u => u.NormalizedUserName,
                                u => u.NormalizedUserName == account.Address ? normalized : u.NormalizedUserName
                            )
                            .SetProperty(u => u.Email, address)
                            .SetProperty(u => u.NormalizedEmail, normalized)
                            .SetProperty(u => u.EmailConfirmed, true)
                            .SetProperty(u => u.SecurityStamp, Secrets.NewStamp(work.Now))
                            .SetProperty(u => u.ConcurrencyStamp, Secrets.NewToken()),
                    cancellationToken
                ) == 1;
    }

    public async Task<bool> NoteSignInAsync(RecoverableAccount account, CancellationToken cancellationToken) =>
        typeof(IRecoverableUser).IsAssignableFrom(typeof(TUser))
            ? await Unchanged(account)
                .ExecuteUpdateAsync(
                    set =>
                        set.SetProperty(
                            u => EF.Property<DateTimeOffset?>(u, nameof(IRecoverableUser.LastSignInAt)),
                            work.Now
                        ),
                    cancellationToken
                ) == 1
            : await HoldAsync(account, cancellationToken);

    public async Task<bool> HoldAsync(RecoverableAccount account, CancellationToken cancellationToken) =>
        await Unchanged(account)
            .ExecuteUpdateAsync(set => set.SetProperty(u => u.ConcurrencyStamp, Secrets.NewToken()), cancellationToken)
        == 1;

    public async Task<bool> DropFactorsAsync(RecoverableAccount account, CancellationToken cancellationToken) =>
        await Unchanged(account)
            .ExecuteUpdateAsync(
                set =>
                    set.SetProperty(u => u.TwoFactorEnabled, false)
                        .SetProperty(u => u.SecurityStamp, Secrets.NewStamp(work.Now))
                        .SetProperty(u => u.ConcurrencyStamp, Secrets.NewToken()),
                cancellationToken
            ) == 1;

    public Task ForgetHostFactorAsync(string accountId, CancellationToken cancellationToken) =>
        tables
            .User(accountId)
            .Where(u => u.TwoFactorEnabled)
            .ExecuteUpdateAsync(
                set =>
                    set.SetProperty(u => u.TwoFactorEnabled, false)
                        .SetProperty(u => u.ConcurrencyStamp, Secrets.NewToken()),
                cancellationToken
            );

    public Task<List<string>> RolesAsync(CancellationToken cancellationToken) =>
        tables.Roles.Where(r => r.Name != null).Select(r => r.Name!).ToListAsync(cancellationToken);

    public IQueryable<string> In(IQueryable<string?> roles)
    {
        var named = tables.Roles;
        return tables
            .UserRoles.Where(m => named.Any(r => r.Id.Equals(m.RoleId) && roles.Contains(r.Name)))
            .Select(m => AccountKey<TKey>.Text(m.UserId));
    }

    public bool CanSuspend => typeof(IRecoverableUser).IsAssignableFrom(typeof(TUser));

    public async Task<bool> SetSuspendedAsync(
        RecoverableAccount account,
        bool suspended,
        CancellationToken cancellationToken
    )
    {
        if (!CanSuspend)
        {
            throw new NotSupportedException(
                $"{typeof(TUser).Name} must be an {nameof(IRecoverableUser)} to be suspended."
            );
        }

        DateTimeOffset? at = suspended ? work.Now : null;
        var stamp = suspended ? Secrets.NewStamp(work.Now) : account.SecurityStamp;
        return await Unchanged(account)
                .Where(u => EF.Property<DateTimeOffset?>(u, nameof(IRecoverableUser.SuspendedAt)) == null == suspended)
                .ExecuteUpdateAsync(
                    set =>
                        set.SetProperty(u => EF.Property<DateTimeOffset?>(u, nameof(IRecoverableUser.SuspendedAt)), at)
                            .SetProperty(u => u.SecurityStamp, stamp)
                            .SetProperty(u => u.ConcurrencyStamp, Secrets.NewToken()),
                    cancellationToken
                ) == 1;
    }

    // A write of the role's own row: whoever comes second waits for it, on either database.
    public Task HoldAdministratorsAsync(CancellationToken cancellationToken)
    {
        var administrator = roleNames.OfHost(ConsoleRoles.Administrator);
        return tables
            .Roles.Where(r => r.Name == administrator)
            .ExecuteUpdateAsync(set => set.SetProperty(r => r.ConcurrencyStamp, Secrets.NewToken()), cancellationToken);
    }

    public async Task<bool> SetConsoleRolesAsync(
        RecoverableAccount account,
        IReadOnlyCollection<string> roles,
        CancellationToken cancellationToken
    )
    {
        if (!tables.HasRoles)
        {
            throw new NotSupportedException("This host's context has no roles.");
        }

        var replaced = await Unchanged(account)
            .ExecuteUpdateAsync(
                set =>
                    set.SetProperty(u => u.SecurityStamp, Secrets.NewStamp(work.Now))
                        .SetProperty(u => u.ConcurrencyStamp, Secrets.NewToken()),
                cancellationToken
            );
        if (replaced == 0)
        {
            return false;
        }

        var named = roleNames.All;
        var key = AccountKey<TKey>.Parse(account.Id)!;
        var known = await tables
            .Roles.Where(r => r.Name != null && named.Contains(r.Name))
            .ToDictionaryAsync(r => r.Name!, cancellationToken);
        var ofConsole = known.Values.Select(r => r.Id).ToList();
        await tables
            .UserRoles.Where(r => r.UserId.Equals(key) && ofConsole.Contains(r.RoleId))
            .ExecuteDeleteAsync(cancellationToken);
        foreach (var name in roles.Select(roleNames.OfHost))
        {
            if (!known.TryGetValue(name, out var role))
            {
                role = tables.New<IdentityRole<TKey>>();
                (role.Name, role.NormalizedName) = (name, names.NormalizeName(name));
                role.ConcurrencyStamp = Secrets.NewToken();

                // Order: before its id is read, which the database may give.
                work.Context.Add(role);
                await work.Context.SaveChangesAsync(cancellationToken);
            }

            var membership = tables.New<IdentityUserRole<TKey>>();
            (membership.UserId, membership.RoleId) = (key, role.Id);
            work.Context.Add(membership);
        }

        return true;
    }

    private IQueryable<TUser> Unchanged(RecoverableAccount account) =>
        tables.User(account.Id).Where(u => u.SecurityStamp == account.SecurityStamp);
}
