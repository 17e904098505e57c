using IdP.Recovery.Audit;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Factors.RecoveryCodes;

/// <summary>
/// Takes a saved recovery code, once. A fresh one stands in its place, to be shown there and then; the owner is told
/// by mail that one was used (SP 800-63B-4, 4.2.1.1).
/// </summary>
public sealed class SpendRecoveryCode(UnitOfWork work, RecoveryCodeSet set, AuditLog audit)
{
    /// <summary>The code that stands in for the one that was used; null when it was none of the account's.</summary>
    internal async Task<string?> TryTakeAsync(
        string accountId,
        string? code,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        if (
            Secrets.HashRecoveryCode(code) is not { } hash
            || !await Unused(accountId, hash).AnyAsync(cancellationToken)
        )
        {
            return null;
        }

        return await work.RunAsync(
            async inner =>
            {
                if (
                    !await set.TryHoldAsync(accountId, inner)
                    || await Unused(accountId, hash)
                        .ExecuteUpdateAsync(row => row.SetProperty(c => c.UsedAt, work.Now), inner) == 0
                )
                {
                    return null;
                }

                var replacement = Secrets.NewRecoveryCode();
                work.Context.Add(CreateRecoveryCodes.New(accountId, replacement, work.Now));
                SendFactorNotice.Enqueue(
                    work,
                    audit.Add(AuditEventTypes.RecoveryCodeUsed, accountId, requester, actorId: accountId)
                );
                return replacement;
            },
            cancellationToken
        );
    }

    private IQueryable<RecoveryCode> Unused(string accountId, byte[] hash) =>
        work.Context.Set<RecoveryCode>().Where(c => c.AccountId == accountId && c.CodeHash == hash && c.UsedAt == null);
}
