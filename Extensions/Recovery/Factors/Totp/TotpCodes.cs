using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Factors.Totp;

/// <summary>Takes a one-time code of an account, once.</summary>
public sealed class TotpCodes(UnitOfWork work, TotpKeys keys)
{
    /// <summary>
    /// Whether the code is one of the account's authenticators; it is spent then. Security: threat 8. The step is
    /// taken by a guarded update, so that neither it nor an older one is ever taken again, on any node.
    /// </summary>
    internal async Task<bool> TryTakeAsync(string accountId, string? code, CancellationToken cancellationToken)
    {
        foreach (var authenticator in await ListAsync(accountId, cancellationToken))
        {
            if (
                keys.StepOf(authenticator, code, work.Now) is { } step
                && await TakeAsync(authenticator.Id, step, cancellationToken)
            )
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Why no authenticator of the account can be asked; null when one can.</summary>
    internal async Task<FactorFlaw?> WhyNotAsync(string accountId, string? code, CancellationToken cancellationToken)
    {
        var authenticators = await ListAsync(accountId, cancellationToken);
        return TotpKeys.Digits(code) is not { } digits
            || authenticators.Count > 0 && authenticators.All(a => a.Digits != digits.Length)
                ? FactorFlaw.NoCode
            : authenticators.Count > 0 && authenticators.All(a => keys.Read(a) is null) ? FactorFlaw.Unreadable
            : null;
    }

    /// <summary>Whether no key of the account's apps can be read, and how long their codes are at most.</summary>
    internal async Task<(bool Unreadable, int Digits)> LookAsync(string accountId, CancellationToken cancellationToken)
    {
        var authenticators = await ListAsync(accountId, cancellationToken);
        return authenticators.Count == 0
            ? (false, 6)
            : (authenticators.All(a => keys.Read(a) is null), authenticators.Max(a => a.Digits));
    }

    private Task<List<TotpAuthenticator>> ListAsync(string accountId, CancellationToken cancellationToken) =>
        work
            .Context.Set<TotpAuthenticator>()
            .AsNoTracking()
            .Where(t => t.AccountId == accountId && t.ConfirmedAt != null)
            .ToListAsync(cancellationToken);

    private async Task<bool> TakeAsync(Guid id, long step, CancellationToken cancellationToken) =>
        await work
            .Context.Set<TotpAuthenticator>()
            .Where(t => t.Id == id && t.LastStep < step)
            .ExecuteUpdateAsync(
                set => set.SetProperty(t => t.LastStep, step).SetProperty(t => t.LastUsedAt, work.Now),
                cancellationToken
            ) == 1;
}
