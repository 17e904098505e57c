using IdP.Recovery.Factors.RecoveryCodes;
using IdP.Recovery.Factors.Totp;
using IdP.Recovery.Lockout;
using IdP.Recovery.MfaReset;
using IdP.Recovery.SignIn;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Factors;

/// <summary>
/// Takes factors away, with the failures counted for them, every remembered browser and every half-finished sign-in: part
/// of an MFA reset, and of a reset by who could prove nothing. In their transaction, behind their guarded update.
/// </summary>
public sealed class RemoveFactors(
    UnitOfWork work,
    IPasskeys passkeys,
    HostTotpKey hostKey,
    RecoveryCodeSet codes,
    FailureCounts failures
)
{
    internal async Task RunAsync(string accountId, ResetFactors factors, CancellationToken cancellationToken)
    {
        if (factors.HasFlag(ResetFactors.Totp))
        {
            // Order: Identity's key first. One that is taken over at this moment is among the authenticators after that.
            await hostKey.DropAsync(accountId, cancellationToken);
            await work
                .Context.Set<TotpAuthenticator>()
                .Where(t => t.AccountId == accountId)
                .ExecuteDeleteAsync(cancellationToken);
            await failures.ForgetAsync(accountId, FactorKind.Totp, cancellationToken);
        }

        if (factors.HasFlag(ResetFactors.Passkeys))
        {
            await passkeys.RemoveAllAsync(accountId, cancellationToken);
            await failures.ForgetAsync(accountId, FactorKind.Passkey, cancellationToken);
        }

        if (factors.HasFlag(ResetFactors.RecoveryCodes))
        {
            await codes.TryHoldAsync(accountId, cancellationToken);
            await codes.DropAsync(accountId, cancellationToken);
            await failures.ForgetAsync(accountId, FactorKind.RecoveryCode, cancellationToken);
        }
        else
        {
            // Security: threat 15. Codes that stood in for a factor go with the last one.
            await codes.DropWithLastFactorAsync(accountId, cancellationToken);
        }

        await work
            .Context.Set<RememberedBrowser>()
            .Where(b => b.AccountId == accountId)
            .ExecuteDeleteAsync(cancellationToken);
        await work
            .Context.Set<PendingSignIn>()
            .Where(p => p.AccountId == accountId)
            .ExecuteDeleteAsync(cancellationToken);
    }
}
