using IdP.Recovery.Factors;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Lockout;

/// <summary>Locks are kept with the failures, and in Identity's own column where they last until a reset.</summary>
internal sealed class IdentityLocks<TUser>(
    UnitOfWork work,
    FailureCounts failures,
    RecoveryMetrics metrics,
    AccountQuery<TUser> query
) : IAccountLocks
    where TUser : IdentityUser
{
    // Behind it lies no time that a lock of failures could end at.
    private DateTimeOffset UntilReset => work.Now.AddYears(1000);

    private DbSet<TUser> Users => query.Users;

    public async Task<bool> LiftAsync(string accountId, CancellationToken cancellationToken)
    {
        var now = work.Now;
        var wasLocked = await failures.UnlockAsync(accountId, cancellationToken);
        return await Users
                .Where(u => u.Id == accountId && u.LockoutEnd > now && u.LockoutEnd < UntilReset)
                .ExecuteUpdateAsync(set => set.SetProperty(u => u.LockoutEnd, (DateTimeOffset?)null), cancellationToken)
                > 0
            || wasLocked;
    }

    public async Task<bool> ReopenAsync(string accountId, CancellationToken cancellationToken)
    {
        var untilReset = UntilReset;
        return await Users
                .Where(u => u.Id == accountId && u.LockoutEnd > untilReset)
                .ExecuteUpdateAsync(set => set.SetProperty(u => u.LockoutEnd, (DateTimeOffset?)null), cancellationToken)
            == 1;
    }

    public Task CloseUntilResetAsync(string accountId, CancellationToken cancellationToken) =>
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
        await Users
            .Where(u => u.Id == accountId && (lift || u.LockoutEnd > UntilReset))
            .ExecuteUpdateAsync(set => set.SetProperty(u => u.LockoutEnd, (DateTimeOffset?)null), cancellationToken);
    }
}
