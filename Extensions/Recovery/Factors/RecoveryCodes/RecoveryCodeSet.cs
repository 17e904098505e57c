using IdP.Recovery.Factors.Totp;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Factors.RecoveryCodes;

/// <summary>The recovery codes of an account as a whole, changed by one transaction at a time.</summary>
public sealed class RecoveryCodeSet(UnitOfWork work, IAccounts accounts, HostTotpKey hostKey, RequestLimits limits)
{
    // Far above what a person does.
    private const int ChangesPerWindow = 100;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Waits until no other transaction changes the set; false in a flood. Security: threat 15. Without it, on
    /// PostgreSQL, two new sets made at once would both live, and so would the stand-in of an old code that is used
    /// while a new set is made: neither deletes what the other has not committed yet. Only inside a transaction, which
    /// holds the account's row of <c>RecoveryLimits</c> until it ends.
    /// </summary>
    internal Task<bool> TryHoldAsync(string accountId, CancellationToken cancellationToken) =>
        limits.TryTakeAsync("recovery-codes/" + accountId, ChangesPerWindow, Window, cancellationToken);

    /// <summary>Deletes every code, used or not.</summary>
    internal Task<int> DropAsync(string accountId, CancellationToken cancellationToken) =>
        work.Context.Set<RecoveryCode>().Where(c => c.AccountId == accountId).ExecuteDeleteAsync(cancellationToken);

    /// <summary>
    /// After a factor was removed: without any left, the codes that stood in for it go too. Security: threat 15. They
    /// would live again with the next factor. And where Identity's own key was taken over, it
    /// asks for none any more, which nobody could show. Only inside the transaction of the removal.
    /// </summary>
    internal async Task DropWithLastFactorAsync(string accountId, CancellationToken cancellationToken)
    {
        await TryHoldAsync(accountId, cancellationToken);
        if (await accounts.FindAsync(accountId, cancellationToken) is not { Factors.AnyHere: true })
        {
            await DropAsync(accountId, cancellationToken);
            if (await hostKey.WasTakenAsync(accountId, cancellationToken))
            {
                await hostKey.DropAsync(accountId, cancellationToken);
                await accounts.ForgetHostFactorAsync(accountId, cancellationToken);
            }
        }
    }
}
