using IdP.Recovery.Factors;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Lockout;

/// <summary>What ends failures and locks.</summary>
public sealed partial class FailureCounts
{
    /// <summary>
    /// After a success: nothing has failed in a row. One in a known browser leaves the lock of all others, behind which
    /// somebody may still guess; and what was disabled is not enabled by it.
    /// </summary>
    internal async Task SucceededAsync(CountedBy by, FactorKind factor, CancellationToken cancellationToken)
    {
        await ClearAsync(
            Counts.Where(c => c.AccountId == by.Id && c.Factor == factor && c.Browser == by.Browser),
            cancellationToken
        );
        if (by.IsKnownBrowser)
        {
            await Counts
                .Where(c =>
                    c.AccountId == by.Id
                    && c.Factor == factor
                    && c.Browser == ""
                    && c.Failures > 0
                    && c.Failures < options.FailuresEver
                )
                .ExecuteUpdateAsync(set => set.SetProperty(c => c.Failures, 0), cancellationToken);
        }
    }

    /// <summary>When a factor was set up anew: nothing has failed.</summary>
    internal Task ForgetAsync(string accountId, FactorKind factor, CancellationToken cancellationToken) =>
        ClearAsync(Counts.Where(c => c.AccountId == accountId && c.Factor == factor), cancellationToken);

    private static Task ClearAsync(IQueryable<FailureCount> counts, CancellationToken cancellationToken) =>
        counts.ExecuteUpdateAsync(
            set =>
                set.SetProperty(c => c.Tries, 0)
                    .SetProperty(c => c.Failures, 0)
                    .SetProperty(c => c.Locks, 0)
                    .SetProperty(c => c.LastLockedAt, (DateTimeOffset?)null)
                    .SetProperty(c => c.LockedUntil, (DateTimeOffset?)null),
            cancellationToken
        );

    /// <summary>After a factor was set up anew under a lock that stays: what was disabled for good is good again.</summary>
    internal Task RenewAsync(string accountId, FactorKind factor, CancellationToken cancellationToken) =>
        Counts
            .Where(c => c.AccountId == accountId && c.Factor == factor)
            .ExecuteUpdateAsync(set => set.SetProperty(c => c.Failures, 0), cancellationToken);

    /// <summary>
    /// Opens sign-in again. The failures stay, and the next lock is as long as it would have been (SP 800-63B-4, 3.2.2).
    /// Returns whether it was closed.
    /// </summary>
    internal async Task<bool> UnlockAsync(string accountId, CancellationToken cancellationToken)
    {
        var now = work.Now;
        return await Counts
                .Where(c => c.AccountId == accountId && c.LockedUntil > now)
                .ExecuteUpdateAsync(
                    set => set.SetProperty(c => c.Tries, 0).SetProperty(c => c.LockedUntil, (DateTimeOffset?)null),
                    cancellationToken
                ) > 0;
    }

    /// <summary>Drops what was counted at addresses that no account has, once nothing more was tried for long.</summary>
    internal Task PruneAsync(CancellationToken cancellationToken)
    {
        var before = work.Now - NobodyKeptFor;
        return Counts
            .Where(c => c.AccountId.StartsWith(Nobody) && c.LockedUntil < before)
            .ExecuteDeleteAsync(cancellationToken);
    }
}
