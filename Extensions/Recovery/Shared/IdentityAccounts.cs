using IdP.Recovery.Audit;
using IdP.Recovery.Passwords;
using IdP.Recovery.Unlock;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace IdP.Recovery;

/// <summary>The one class that knows ASP.NET Core Identity.</summary>
internal sealed class IdentityAccounts<TUser>(
    UnitOfWork work,
    UserManager<TUser> users,
    HashingQueue hashing,
    PasswordPolicy policy,
    DummyPassword<TUser> dummy,
    AuditLog audit,
    IOptions<LockoutOptions> lockout
) : IAccounts
    where TUser : IdentityUser
{
    private DbSet<TUser> Users => work.Context.Set<TUser>();

    public async Task<RecoverableAccount?> FindAsync(
        string accountId,
        CancellationToken cancellationToken
    ) =>
        await Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == accountId, cancellationToken)
            is { } user
            ? await DescribeAsync(user, cancellationToken)
            : null;

    public async Task<RecoverableAccount?> FindByAddressAsync(
        string address,
        CancellationToken cancellationToken
    ) =>
        await FindUserAsync(address, cancellationToken) is { } user
            ? await DescribeAsync(user, cancellationToken)
            : null;

    public async Task<PasswordCheck> CheckPasswordAsync(
        string? email,
        string? password,
        RequestOrigin origin,
        CancellationToken cancellationToken
    )
    {
        var user = EmailAddress.Normalize(email) is { } address
            ? await FindUserAsync(address, cancellationToken)
            : null;
        var counted = await CountTryAsync(user, cancellationToken);

        // Security: threat 11. An unknown or locked account costs the same hash as any other.
        var hash = user?.PasswordHash ?? dummy.Hash;
        var result = await hashing.RunAsync(
            () =>
                users.PasswordHasher.VerifyHashedPassword(user ?? dummy.User, hash, password ?? ""),
            cancellationToken
        );
        if (user?.PasswordHash is null || result == PasswordVerificationResult.Failed)
        {
            return await RefuseAsync(user, counted, origin, cancellationToken);
        }

        var account = await DescribeAsync(user, cancellationToken);
        if (!counted || account.Suspended)
        {
            await AuditFailureAsync(
                user.Id,
                account.Suspended ? "suspended" : "locked",
                origin,
                cancellationToken
            );
            return account.Suspended
                ? new PasswordCheck.Refused()
                : new PasswordCheck.LockedOut(
                    account.LockedUntil?.Year == 9999 ? null : account.LockedUntil
                );
        }

        await ForgetFailuresAsync(user, cancellationToken);
        if (result == PasswordVerificationResult.SuccessRehashNeeded)
        {
            await RehashAsync(user, password!, cancellationToken);
        }

        return new PasswordCheck.Accepted(account);
    }

    public PasswordVerdict JudgePassword(RecoverableAccount account, string password) =>
        policy.Judge(
            password,
            new PasswordOwner(account.Email, account.DisplayName, account.HasSecondFactor)
        );

    public async Task<string> HashPasswordAsync(
        string password,
        CancellationToken cancellationToken
    ) =>
        await hashing.RunAsync(
            () => users.PasswordHasher.HashPassword(dummy.User, password),
            cancellationToken
        );

    public async Task<bool> SetPasswordAsync(
        RecoverableAccount account,
        string passwordHash,
        bool liftLockout,
        CancellationToken cancellationToken
    )
    {
        var changed = await Users
            .Where(u => u.Id == account.Id && u.SecurityStamp == account.SecurityStamp)
            .ExecuteUpdateAsync(
                set =>
                    set.SetProperty(u => u.PasswordHash, passwordHash)
                        .SetProperty(u => u.SecurityStamp, Secrets.NewToken())
                        .SetProperty(u => u.ConcurrencyStamp, Secrets.NewToken()),
                cancellationToken
            );
        if (changed == 1 && liftLockout)
        {
            await Users
                .Where(u => u.Id == account.Id)
                .ExecuteUpdateAsync(
                    set =>
                        set.SetProperty(u => u.AccessFailedCount, 0)
                            .SetProperty(u => u.LockoutEnd, (DateTimeOffset?)null),
                    cancellationToken
                );
        }

        return changed == 1;
    }

    public async Task RotateAuthenticatorAsync(
        string accountId,
        CancellationToken cancellationToken
    )
    {
        if (await users.FindByIdAsync(accountId) is not { } user)
        {
            return;
        }

        // Order: the key's change replaces the security stamp once more, which is right: it is a credential.
        await users.ResetAuthenticatorKeyAsync(user);
        await users.RemoveAuthenticationTokenAsync(user, "[AspNetUserStore]", "RecoveryCodes");
        cancellationToken.ThrowIfCancellationRequested();
    }

    public Task LockAsync(string accountId, CancellationToken cancellationToken) =>
        Users
            .Where(u => u.Id == accountId)
            .ExecuteUpdateAsync(
                set =>
                    set.SetProperty(u => u.LockoutEnabled, true)
                        .SetProperty(u => u.LockoutEnd, DateTimeOffset.MaxValue)
                        .SetProperty(u => u.SecurityStamp, Secrets.NewToken())
                        .SetProperty(u => u.ConcurrencyStamp, Secrets.NewToken()),
                cancellationToken
            );

    private Task<TUser?> FindUserAsync(string address, CancellationToken cancellationToken) =>
        Users
            .AsNoTracking()
            .SingleOrDefaultAsync(u => u.NormalizedEmail == address, cancellationToken);

    private async Task<RecoverableAccount> DescribeAsync(
        TUser user,
        CancellationToken cancellationToken
    )
    {
        var isAdministrator = await work
            .Context.Set<IdentityUserRole<string>>()
            .Join(
                work.Context.Set<IdentityRole>(),
                u => u.RoleId,
                r => r.Id,
                (u, r) => new { u.UserId, r.Name }
            )
            .AnyAsync(
                r => r.UserId == user.Id && r.Name == RecoverableAccount.AdministratorRole,
                cancellationToken
            );
        var more = user as IRecoverableUser;
        return new(
            user.Id,
            user.Email ?? "",
            user.NormalizedEmail ?? "",
            user.EmailConfirmed,
            more?.DisplayName,
            more?.Locale,
            more?.ZoneInfo,
            isAdministrator ? Audience.Administrator : Audience.User,
            user.PasswordHash is not null,
            user.TwoFactorEnabled,
            more?.SuspendedAt is not null,
            user.LockoutEnd > work.Now ? user.LockoutEnd : null,
            user.SecurityStamp ?? ""
        );
    }

    // Security: threat 9. The try is counted before the password is looked at, by a guarded update: of parallel
    // guesses no more than the limit get past it, on however many nodes.
    private async Task<bool> CountTryAsync(TUser? user, CancellationToken cancellationToken)
    {
        var now = work.Now;
        var limit = lockout.Value.Failures;
        var id = user?.Id ?? "";
        return await Users
                .Where(u =>
                    u.Id == id
                    && u.AccessFailedCount < limit
                    && (u.LockoutEnd == null || u.LockoutEnd <= now)
                )
                .ExecuteUpdateAsync(
                    set => set.SetProperty(u => u.AccessFailedCount, u => u.AccessFailedCount + 1),
                    cancellationToken
                ) == 1;
    }

    private async Task<PasswordCheck> RefuseAsync(
        TUser? user,
        bool counted,
        RequestOrigin origin,
        CancellationToken cancellationToken
    )
    {
        var limit = lockout.Value.Failures;
        await work.RunAsync(
            async inner =>
            {
                var now = work.Now;
                var id = user?.Id ?? "";

                // The count starts again with the lock: when it has ended, there are as many tries as before it.
                var locked = await Users
                    .Where(u => u.Id == id && u.AccessFailedCount >= limit)
                    .ExecuteUpdateAsync(
                        set =>
                            set.SetProperty(u => u.LockoutEnd, now + lockout.Value.Duration)
                                .SetProperty(u => u.AccessFailedCount, 0),
                        inner
                    );
                var reason =
                    user is null ? "unknown"
                    : counted ? "password"
                    : "locked";
                audit.Add(AuditEventTypes.SignInFailed, user?.Id, origin, reason: reason);
                if (locked == 1)
                {
                    SendLockoutNotice.Enqueue(
                        work,
                        audit.Add(AuditEventTypes.LockedOut, user!.Id, origin)
                    );
                }
            },
            cancellationToken
        );
        return new PasswordCheck.Refused();
    }

    private Task AuditFailureAsync(
        string accountId,
        string reason,
        RequestOrigin origin,
        CancellationToken cancellationToken
    ) =>
        work.RunAsync(
            _ =>
            {
                audit.Add(AuditEventTypes.SignInFailed, accountId, origin, reason: reason);
                return Task.CompletedTask;
            },
            cancellationToken
        );

    private Task ForgetFailuresAsync(TUser user, CancellationToken cancellationToken) =>
        Users
            .Where(u => u.Id == user.Id)
            .ExecuteUpdateAsync(
                set =>
                    set.SetProperty(u => u.AccessFailedCount, 0)
                        .SetProperty(u => u.LockoutEnd, (DateTimeOffset?)null),
                cancellationToken
            );

    // The stamp stays: the password is the same one. The old hash guards against a change in between.
    private async Task RehashAsync(TUser user, string password, CancellationToken cancellationToken)
    {
        var hash = await HashPasswordAsync(password, cancellationToken);
        await Users
            .Where(u => u.Id == user.Id && u.PasswordHash == user.PasswordHash)
            .ExecuteUpdateAsync(
                set => set.SetProperty(u => u.PasswordHash, hash),
                cancellationToken
            );
    }
}

/// <summary>What an unknown address is checked against: a hash of today's cost that no password matches.</summary>
internal sealed class DummyPassword<TUser>
    where TUser : IdentityUser
{
    public DummyPassword(IServiceScopeFactory scopes)
    {
        using var scope = scopes.CreateScope();
        Hash = scope
            .ServiceProvider.GetRequiredService<IPasswordHasher<TUser>>()
            .HashPassword(User, Secrets.NewToken());
    }

    public TUser User { get; } = Activator.CreateInstance<TUser>();

    public string Hash { get; }
}
