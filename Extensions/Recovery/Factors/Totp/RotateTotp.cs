using IdP.Recovery.Factors.RecoveryCodes;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Factors.Totp;

/// <summary>
/// Replaces the keys of an account by one that nobody has enrolled yet, and with them drops recovery codes; remembered
/// browsers it always drops. Part of an administrator's reset, in its transaction.
/// </summary>
public sealed class RotateTotp(
    UnitOfWork work,
    IAccounts accounts,
    TotpKeys keys,
    HostTotpKey hostKey,
    RecoveryCodeSet codes
)
{
    /// <summary>Whether there was a key to replace.</summary>
    internal async Task<bool> RunAsync(RecoverableAccount account, CancellationToken cancellationToken)
    {
        var accountId = account.Id;
        // Order: Identity's key first. One that is taken over at this moment is among the authenticators after that.
        var host = account.Factors.Elsewhere && await hostKey.DropAsync(accountId, cancellationToken);
        var authenticators = work.Context.Set<TotpAuthenticator>();
        var replaced = await authenticators
            .Where(t => t.AccountId == accountId && (t.ConfirmedAt != null || t.Required))
            .ExecuteDeleteAsync(cancellationToken);
        await authenticators.Where(t => t.AccountId == accountId).ExecuteDeleteAsync(cancellationToken);
        var any = replaced > 0 || host;
        if (any)
        {
            // Or Identity would ask for what nobody has any more, before the new key could be enrolled.
            await accounts.ForgetHostFactorAsync(accountId, cancellationToken);
            work.Context.Add(keys.Create(accountId, work.Now, required: true));
            await codes.TryHoldAsync(accountId, cancellationToken);
            await codes.DropAsync(accountId, cancellationToken);
        }

        await work
            .Context.Set<RememberedBrowser>()
            .Where(b => b.AccountId == accountId)
            .ExecuteDeleteAsync(cancellationToken);
        return any;
    }
}
