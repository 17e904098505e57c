using IdP.Recovery.Factors;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Lockout;

/// <summary>Locks are kept with the failures, and in Identity's own column where they last until a reset.</summary>
internal sealed class IdentityLocks<TUser, TKey>(
    UnitOfWork work,
    FailureCounts failures,
    RecoveryMetrics metrics,
    IdentityTables<TUser, TKey> tables
) : IAccountLocks
    where TUser : IdentityUser<TKey>
    where TKey : IEquatable<TKey>
{
    // Behind it lies no time that a lock of failures could end at.
    private DateTimeOffset UntilReset => work.Now.AddYears(1000);

    public async Task<bool> LiftAsync(string accountId, CancellationToken cancellationToken)
    {
        var now = work.Now;
        var wasLocked = await failures.UnlockAsync(accountId, cancellationToken);
        var untilReset = UntilReset;
        return await tables
                .User(accountId)
                .Where(u => LockoutEnds.IsAfter(u.LockoutEnd, now) && !LockoutEnds.IsAfter(u.LockoutEnd, untilReset))
                .ExecuteUpdateAsync(set => set.SetProperty(u => u.LockoutEnd, (DateTimeOffset?)null), cancellationToken)
                > 0
            || wasLocked;
    }

    public async Task<bool> ReopenAsync(string accountId, CancellationToken cancellationToken)
    {
        var untilReset = UntilReset;
        return await tables
                .User(accountId)
                .Where(u => LockoutEnds.IsAfter(u.LockoutEnd, untilReset))
                .ExecuteUpdateAsync(set => set.SetProperty(u => u.LockoutEnd, (DateTimeOffset?)null), cancellationToken)
            == 1;
    }

    public Task CloseUntilResetAsync(string accountId, CancellationToken cancellationToken) =>
        tables
            .User(accountId)
            .ExecuteUpdateAsync(
                set =>
                    set.SetProperty(u => u.LockoutEnabled, true)
                        .SetProperty(u => u.LockoutEnd, DateTimeOffset.MaxValue)
                        .SetProperty(u => u.SecurityStamp, Secrets.NewToken())
                        .SetProperty(u => u.ConcurrencyStamp, Secrets.NewToken()),
                cancellationToken
            );

    public async Task AfterNewPasswordAsync(string accountId, bool lift, CancellationToken cancellationToken)
    {
        // A new password has not failed yet; whether a lock for a while ends with it is the host's choice.
        if (lift)
        {
            if (await failures.UnlockAsync(accountId, cancellationToken))
            {
                metrics.Unlocked("reset");
            }

            await failures.ForgetAsync(accountId, FactorKind.Password, cancellationToken);
        }
        else
        {
            await failures.RenewAsync(accountId, FactorKind.Password, cancellationToken);
        }

        // What 'this was not me' has closed waits for just this, whatever that choice is.
        var untilReset = UntilReset;
        await tables
            .User(accountId)
            .Where(u => lift || LockoutEnds.IsAfter(u.LockoutEnd, untilReset))
            .ExecuteUpdateAsync(set => set.SetProperty(u => u.LockoutEnd, (DateTimeOffset?)null), cancellationToken);
    }
}
