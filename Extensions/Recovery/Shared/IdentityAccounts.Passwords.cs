using IdP.Recovery.Audit;
using IdP.Recovery.Factors;
using IdP.Recovery.Passwords;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace IdP.Recovery;

/// <summary>The passwords of Identity's users.</summary>
internal sealed partial class IdentityAccounts<TUser>
{
    private static readonly TimeSpan ClosedToldOncePer = TimeSpan.FromHours(1);

    public async Task<PasswordCheck> CheckPasswordAsync(
        string? email,
        string? password,
        RequestOrigin origin,
        CancellationToken cancellationToken
    )
    {
        // Order: the place, then the count. Who is turned away has not failed, or a flood would lock accounts.
        using var place = hashing.Take(origin.Network is { } client ? networks.Of(client) : null);
        var address = EmailAddress.Normalize(email) ?? "";
        var found = await FindAsync(u => u.NormalizedEmail == address, cancellationToken);
        var countedAs = FailureCounts.CountedAs(found?.Account.Id, address);
        var counted = await failures.TryAtSignInAsync(countedAs, FactorKind.Password, cancellationToken);

        // Security: threat 20. What is counted has its consequence, also when nobody waits for the answer any more.
        cancellationToken = CancellationToken.None;

        // Security: threat 11. An unknown or locked account costs the same hash as any other.
        var hash = found?.User.PasswordHash ?? dummy.Hash;
        var result = await place.RunAsync(
            () => users.PasswordHasher.VerifyHashedPassword(found?.User ?? dummy.User, hash, password ?? ""),
            cancellationToken
        );

        // Security: threat 9. While sign-in is closed a right password is refused like a wrong one, or guessing
        // would go on behind the lock.
        if (
            found is null
            || found.User.PasswordHash is null
            || result == PasswordVerificationResult.Failed
            || !counted
            || found.Account.ClosedUntilReset
            || found.User.LockoutEnd > work.Now
            || found.Account.Suspended
        )
        {
            var reason =
                found is null ? "unknown"
                : found.Account.Suspended ? "suspended"
                : !counted || found.User.LockoutEnd > work.Now ? "locked"
                : "password";
            await work.RunAsync(
                async inner =>
                {
                    var accountId = found?.Account.Id;

                    // Past the limit, one event an hour stands for all: nothing is written for each further try.
                    if (
                        counted || await limits.TryTakeAsync("sign-in-closed/" + countedAs, 1, ClosedToldOncePer, inner)
                    )
                    {
                        audit.Add(AuditEventTypes.SignInFailed, accountId, origin, reason: reason);
                    }

                    await failures.LockAsync(countedAs, FactorKind.Password, origin, inner);
                    if (counted)
                    {
                        await failures.TellDisabledAsync(countedAs, FactorKind.Password, origin, inner);
                    }
                },
                cancellationToken
            );
            return new PasswordCheck.Refused();
        }

        await failures.ForgetAsync(found.Account.Id, FactorKind.Password, cancellationToken);
        if (result == PasswordVerificationResult.SuccessRehashNeeded)
        {
            await RehashAsync(place, found.User, password!, cancellationToken);
        }

        return new PasswordCheck.Accepted(found.Account);
    }

    public PasswordVerdict JudgePassword(RecoverableAccount account, string password) =>
        policy.Judge(password, new PasswordOwner(account.Email, account.DisplayName, account.HasSecondFactor));

    public async Task<string> HashPasswordAsync(string password, CancellationToken cancellationToken) =>
        await hashing.RunAsync(() => users.PasswordHasher.HashPassword(dummy.User, password), cancellationToken);

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
        if (changed == 0)
        {
            return false;
        }

        // A new password has not failed yet; whether a lock for a while ends with it is the host's choice.
        if (liftLockout)
        {
            await failures.UnlockAsync(account.Id, cancellationToken);
            await failures.ForgetAsync(account.Id, FactorKind.Password, cancellationToken);
        }
        else
        {
            await failures.RenewAsync(account.Id, FactorKind.Password, cancellationToken);
        }

        // What 'this was not me' has closed waits for just this, whatever that choice is.
        var untilReset = work.Now.AddYears(1000);
        await Users
            .Where(u => u.Id == account.Id && (liftLockout || u.LockoutEnd > untilReset))
            .ExecuteUpdateAsync(set => set.SetProperty(u => u.LockoutEnd, (DateTimeOffset?)null), cancellationToken);
        return true;
    }

    // The stamp stays: the password is the same one. The old hash guards against a change in between.
    private async Task RehashAsync(
        HashingQueue.Place place,
        TUser user,
        string password,
        CancellationToken cancellationToken
    )
    {
        var hash = await place.RunAsync(
            () => users.PasswordHasher.HashPassword(dummy.User, password),
            cancellationToken
        );
        await Users
            .Where(u => u.Id == user.Id && u.PasswordHash == user.PasswordHash)
            .ExecuteUpdateAsync(set => set.SetProperty(u => u.PasswordHash, hash), cancellationToken);
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
