using IdP.Recovery.Factors;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.Lockout;

/// <summary>Locks are kept with the failures, and in Identity's own column where they last until a reset.</summary>
internal sealed class IdentityLocks<TUser, TKey>(
    UnitOfWork work,
    FailureCounts failures,
    RecoveryMetrics metrics,
    HostSignIn signIn,
    IdentityTables<TUser, TKey> tables,
    IOptions<IdentityOptions> identity
) : IAccountLocks
    where TUser : IdentityUser<TKey>
    where TKey : IEquatable<TKey>
{
    private DateTimeOffset Longest => LockoutEnds.Longest(work.Now, signIn, identity.Value.Lockout);

    public async Task<bool> LiftAsync(string accountId, CancellationToken cancellationToken)
    {
        var now = work.Now;
        var wasLocked = await failures.UnlockAsync(accountId, cancellationToken);
        var longest = Longest;
        return await tables
                .User(accountId)
                .Where(u => LockoutEnds.IsAfter(u.LockoutEnd, now) && !LockoutEnds.IsAfter(u.LockoutEnd, longest))
                .ExecuteUpdateAsync(set => set.SetProperty(u => u.LockoutEnd, (DateTimeOffset?)null), cancellationToken)
                > 0
            || wasLocked;
    }

    public async Task<bool> ReopenAsync(string accountId, CancellationToken cancellationToken) =>
        await tables
            .User(accountId)
            .Where(u => u.LockoutEnd == LockoutEnds.UntilReset)
            .ExecuteUpdateAsync(set => set.SetProperty(u => u.LockoutEnd, (DateTimeOffset?)null), cancellationToken)
        == 1;

    public Task CloseUntilResetAsync(string accountId, CancellationToken cancellationToken) =>
        tables
            .User(accountId)
            .ExecuteUpdateAsync(
                set =>
                    set.SetProperty(u => u.LockoutEnabled, true)
                        .SetProperty(u => u.LockoutEnd, LockoutEnds.UntilReset)
                        .SetProperty(u => u.SecurityStamp, Secrets.NewStamp(work.Now))
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
        var longest = Longest;
        await tables
            .User(accountId)
            .Where(u => u.LockoutEnd == LockoutEnds.UntilReset || (lift && !LockoutEnds.IsAfter(u.LockoutEnd, longest)))
            .ExecuteUpdateAsync(
                set =>
                    set.SetProperty(u => u.LockoutEnd, (DateTimeOffset?)null).SetProperty(u => u.AccessFailedCount, 0),
                cancellationToken
            );
    }
}
