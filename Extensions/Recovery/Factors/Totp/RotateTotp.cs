using IdP.Recovery.Factors.RecoveryCodes;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Factors.Totp;

/// <summary>
/// Replaces the keys of an account by one that nobody has enrolled yet, and with them drops recovery codes; remembered
/// browsers it always drops. Part of an administrator's reset, in its transaction.
/// </summary>
public sealed class RotateTotp(UnitOfWork work, TotpKeys keys, RecoveryCodeSet codes)
{
    /// <summary>Whether there was a key to replace.</summary>
    internal async Task<bool> RunAsync(string accountId, CancellationToken cancellationToken)
    {
        var authenticators = work.Context.Set<TotpAuthenticator>();
        var replaced = await authenticators
            .Where(t => t.AccountId == accountId && (t.ConfirmedAt != null || t.Required))
            .ExecuteDeleteAsync(cancellationToken);
        await authenticators.Where(t => t.AccountId == accountId).ExecuteDeleteAsync(cancellationToken);
        if (replaced > 0)
        {
            work.Context.Add(keys.Create(accountId, work.Now, required: true));
            await codes.TryHoldAsync(accountId, cancellationToken);
            await codes.DropAsync(accountId, cancellationToken);
        }

        await work
            .Context.Set<RememberedBrowser>()
            .Where(b => b.AccountId == accountId)
            .ExecuteDeleteAsync(cancellationToken);
        return replaced > 0;
    }
}
