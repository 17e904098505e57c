using IdP.Recovery.Audit;
using IdP.Recovery.Factors;
using IdP.Recovery.Lockout;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Passwords;

/// <summary>The passwords of Identity's users.</summary>
internal sealed class IdentityPasswords<TUser, TKey>(
    UnitOfWork work,
    IPasswordHasher<TUser> hasher,
    HashingQueue hashing,
    Networks networks,
    DummyPassword<TUser> dummy,
    FailureCounts failures,
    KnownBrowsers browsers,
    IAccountLocks locks,
    RequestLimits limits,
    RecoveryMetrics metrics,
    AuditLog audit,
    IdentityTables<TUser, TKey> tables,
    AccountQuery<TUser, TKey> query
) : IPasswords
    where TUser : IdentityUser<TKey>
    where TKey : IEquatable<TKey>
{
    private static readonly TimeSpan ClosedToldOncePer = TimeSpan.FromHours(1);

    public async Task<PasswordCheck> CheckAsync(
        string? email,
        string? password,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        // Order: the place, then the count. Who is turned away has not failed, or a flood would lock accounts.
        using var place = hashing.Take(requester.Network is { } network ? networks.Of(network) : null);
        var address = EmailAddress.Normalize(email) ?? "";
        var found = await query.FindAsync(u => u.NormalizedEmail == address, cancellationToken);
        var by = await browsers.CountedByAsync(
            FailureCounts.CountedAs(found?.Account.Id, address),
            requester,
            cancellationToken
        );
        // Security: threat 20. What is counted has its consequence, also when nobody waits for the answer any more; and of a
        // count that is cancelled nobody knows whether it was one.
        cancellationToken = CancellationToken.None;
        var counted = await failures.TryAtSignInAsync(by, FactorKind.Password, cancellationToken);

        // Security: threat 11. An unknown account costs the same hash as any other. Behind a lock nothing is hashed, and
        // the answer takes as long, or it would tell who has unlocked or signed in meanwhile.
        var hash = found?.User.PasswordHash ?? dummy.Hash;
        var result = PasswordVerificationResult.Failed;
        if (counted)
        {
            result = await place.RunAsync(
                () => hasher.VerifyHashedPassword(found?.User ?? dummy.User, hash, password ?? ""),
                cancellationToken
            );
        }
        else
        {
            await place.LeaveUnhashedAsync();
        }

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
                found is null ? AuditReasons.Unknown
                : found.Account.Suspended ? AuditReasons.Suspended
                : !counted || found.User.LockoutEnd > work.Now ? AuditReasons.Locked
                : AuditReasons.Password;
            metrics.Refused(reason);
            await work.RunAsync(
                async inner =>
                {
                    var accountId = found?.Account.Id;

                    // Past the limit, one event an hour stands for all: nothing is written for each further try.
                    if (counted || await limits.TryTakeAsync("sign-in-closed/" + by.Id, 1, ClosedToldOncePer, inner))
                    {
                        audit.Add(AuditEventTypes.SignInFailed, accountId, requester, reason: reason);
                    }

                    await failures.LockAsync(by, FactorKind.Password, FactorUse.SignIn, requester, inner);
                    if (counted)
                    {
                        await failures.TellDisabledAsync(by, FactorKind.Password, requester, inner);
                    }
                },
                cancellationToken
            );
            return new PasswordCheck.Refused();
        }

        await failures.SucceededAsync(by, FactorKind.Password, cancellationToken);
        if (result == PasswordVerificationResult.SuccessRehashNeeded)
        {
            await RehashAsync(place, found.User, password!, cancellationToken);
        }

        return new PasswordCheck.Accepted(found.Account);
    }

    public async Task<string> HashAsync(string password, CancellationToken cancellationToken) =>
        await hashing.RunAsync(() => hasher.HashPassword(dummy.User, password), cancellationToken);

    public async Task<bool> SetAsync(
        RecoverableAccount account,
        string passwordHash,
        bool liftLockout,
        CancellationToken cancellationToken
    )
    {
        var changed = await tables
            .User(account.Id)
            .Where(u => u.SecurityStamp == account.SecurityStamp)
            .ExecuteUpdateAsync(
                set =>
                    set.SetProperty(u => u.PasswordHash, passwordHash)
                        .SetProperty(u => u.SecurityStamp, Secrets.NewStamp(work.Now))
                        .SetProperty(u => u.ConcurrencyStamp, Secrets.NewToken()),
                cancellationToken
            );
        if (changed == 0)
        {
            return false;
        }

        await locks.AfterNewPasswordAsync(account.Id, liftLockout, cancellationToken);
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
        var hash = await place.RunAsync(() => hasher.HashPassword(dummy.User, password), cancellationToken);
        await tables
            .Users.Where(u => u.Id.Equals(user.Id) && u.PasswordHash == user.PasswordHash)
            .ExecuteUpdateAsync(set => set.SetProperty(u => u.PasswordHash, hash), cancellationToken);
    }
}
