using IdP.Recovery.Console;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery;

/// <summary>Identity's users, found and changed by guarded updates.</summary>
internal sealed class IdentityAccounts<TUser>(UnitOfWork work, ILookupNormalizer names, AccountQuery<TUser> query)
    : IAccounts
    where TUser : IdentityUser
{
    private DbSet<TUser> Users => query.Users;

    public async Task<RecoverableAccount?> FindAsync(string accountId, CancellationToken cancellationToken) =>
        (await query.FindAsync(u => u.Id == accountId, cancellationToken))?.Account;

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
        var ids = await query
            .RolesOf()
            .Where(r => r.Name == RecoverableAccount.AdministratorRole)
            .Select(r => r.UserId)
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
        return await Users
                .Where(u =>
                    u.Id == account.Id
                    && u.SecurityStamp == account.SecurityStamp
                    && !Users.Any(other =>
                        other.Id != account.Id
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
                            .SetProperty(u => u.SecurityStamp, Secrets.NewToken())
                            .SetProperty(u => u.ConcurrencyStamp, Secrets.NewToken()),
                    cancellationToken
                ) == 1;
    }

    public async Task<bool> NoteSignInAsync(RecoverableAccount account, CancellationToken cancellationToken) =>
        typeof(IRecoverableUser).IsAssignableFrom(typeof(TUser))
            ? await Users
                .Where(u => u.Id == account.Id && u.SecurityStamp == account.SecurityStamp)
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
        await Users
            .Where(u => u.Id == account.Id && u.SecurityStamp == account.SecurityStamp)
            .ExecuteUpdateAsync(set => set.SetProperty(u => u.ConcurrencyStamp, Secrets.NewToken()), cancellationToken)
        == 1;

    public async Task<bool> DropFactorsAsync(RecoverableAccount account, CancellationToken cancellationToken) =>
        await Users
            .Where(u => u.Id == account.Id && u.SecurityStamp == account.SecurityStamp)
            .ExecuteUpdateAsync(
                set =>
                    set.SetProperty(u => u.TwoFactorEnabled, false)
                        .SetProperty(u => u.SecurityStamp, Secrets.NewToken())
                        .SetProperty(u => u.ConcurrencyStamp, Secrets.NewToken()),
                cancellationToken
            ) == 1;

    public Task ForgetHostFactorAsync(string accountId, CancellationToken cancellationToken) =>
        Users
            .Where(u => u.Id == accountId && u.TwoFactorEnabled)
            .ExecuteUpdateAsync(
                set =>
                    set.SetProperty(u => u.TwoFactorEnabled, false)
                        .SetProperty(u => u.ConcurrencyStamp, Secrets.NewToken()),
                cancellationToken
            );

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
        var stamp = suspended ? Secrets.NewToken() : account.SecurityStamp;
        return await Users
                .Where(u =>
                    u.Id == account.Id
                    && u.SecurityStamp == account.SecurityStamp
                    && EF.Property<DateTimeOffset?>(u, nameof(IRecoverableUser.SuspendedAt)) == null == suspended
                )
                .ExecuteUpdateAsync(
                    set =>
                        set.SetProperty(u => EF.Property<DateTimeOffset?>(u, nameof(IRecoverableUser.SuspendedAt)), at)
                            .SetProperty(u => u.SecurityStamp, stamp)
                            .SetProperty(u => u.ConcurrencyStamp, Secrets.NewToken()),
                    cancellationToken
                ) == 1;
    }

    // A write of the role's own row: whoever comes second waits for it, on either database.
    public Task HoldAdministratorsAsync(CancellationToken cancellationToken) =>
        work
            .Context.Set<IdentityRole>()
            .Where(r => r.Name == ConsoleRoles.Administrator)
            .ExecuteUpdateAsync(set => set.SetProperty(r => r.ConcurrencyStamp, Secrets.NewToken()), cancellationToken);

    public async Task<bool> SetConsoleRolesAsync(
        RecoverableAccount account,
        IReadOnlyCollection<string> roles,
        CancellationToken cancellationToken
    )
    {
        var replaced = await Users
            .Where(u => u.Id == account.Id && u.SecurityStamp == account.SecurityStamp)
            .ExecuteUpdateAsync(
                set =>
                    set.SetProperty(u => u.SecurityStamp, Secrets.NewToken())
                        .SetProperty(u => u.ConcurrencyStamp, Secrets.NewToken()),
                cancellationToken
            );
        if (replaced == 0)
        {
            return false;
        }

        var known = await work
            .Context.Set<IdentityRole>()
            .Where(r => r.Name != null && ConsoleRoles.All.Contains(r.Name))
            .ToDictionaryAsync(r => r.Name!, cancellationToken);
        var ofConsole = known.Values.Select(r => r.Id).ToList();
        await work
            .Context.Set<IdentityUserRole<string>>()
            .Where(r => r.UserId == account.Id && ofConsole.Contains(r.RoleId))
            .ExecuteDeleteAsync(cancellationToken);
        foreach (var name in roles)
        {
            if (!known.TryGetValue(name, out var role))
            {
                role = new IdentityRole(name) { NormalizedName = names.NormalizeName(name) };
                work.Context.Add(role);
            }

            work.Context.Add(new IdentityUserRole<string> { UserId = account.Id, RoleId = role.Id });
        }

        return true;
    }
}
