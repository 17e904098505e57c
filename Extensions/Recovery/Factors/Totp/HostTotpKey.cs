using IdP.Recovery.Audit;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Factors.Totp;

/// <summary>
/// The authenticator key that ASP.NET Core Identity itself keeps for a user, in clear among its tokens: it is taken over
/// with the first code of it that is shown here, so that nobody who brings one has to enroll again.
/// </summary>
public sealed class HostTotpKey(UnitOfWork work, IHostTokens tokens, HostSignIn signIn, TotpKeys keys, AuditLog audit)
{
    /// <summary>
    /// Takes a code of it, and with the code the key: moves it to where it rests encrypted and no code is taken twice.
    /// False where there is none, the code is not one of it, or the account has an app here already: then Identity's key
    /// is one that nobody has ever shown. Where the host signs people in itself, the key stays where the host looks for it.
    /// </summary>
    /// <param name="accountId">Whose; Identity asks that account for a second factor.</param>
    internal async Task<bool> TryTakeAsync(
        string accountId,
        string? code,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        if (
            await FindAsync(accountId, cancellationToken) is not { } found
            || keys.StepOf(found, code, work.Now) is not { } step
        )
        {
            return false;
        }

        if (signIn.IsOfHost)
        {
            return await tokens.TryUseStepAsync(accountId, step, cancellationToken);
        }

        (found.LastStep, found.LastUsedAt) = (step, work.Now);
        return await work.RunAsync(inner => MoveAsync(found, requester, inner), cancellationToken);
    }

    /// <summary>Takes it over without a code: it stays where all else that Identity asks for goes. In a transaction.</summary>
    internal async Task KeepAsync(string accountId, Requester requester, CancellationToken cancellationToken)
    {
        if (!signIn.IsOfHost && await FindAsync(accountId, cancellationToken) is { } found)
        {
            await MoveAsync(found, requester, cancellationToken);
        }
    }

    /// <summary>Removes it with the codes beside it; false where there was none.</summary>
    internal Task<bool> DropAsync(string accountId, CancellationToken cancellationToken) =>
        tokens.DropAsync(accountId, cancellationToken);

    /// <summary>Whether a key of the account was taken over once.</summary>
    internal Task<bool> WasTakenAsync(string accountId, CancellationToken cancellationToken) =>
        tokens.WasTakenAsync(accountId, cancellationToken);

    private async Task<TotpAuthenticator?> FindAsync(string accountId, CancellationToken cancellationToken)
    {
        var enrolled = await work
            .Context.Set<TotpAuthenticator>()
            .AnyAsync(a => a.AccountId == accountId && a.ConfirmedAt != null, cancellationToken);
        var key = enrolled ? null : await tokens.FindKeyAsync(accountId, cancellationToken);
        return key is null ? null : keys.Take(accountId, key, FactorName.Of(null, 1), work.Now);
    }

    // One winner, on every node: whoever removes Identity's row.
    private async Task<bool> MoveAsync(
        TotpAuthenticator found,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        if (!await DropAsync(found.AccountId, cancellationToken))
        {
            return false;
        }

        work.Context.Add(found);
        tokens.NoteTaken(found.AccountId, found.Id);
        SendFactorNotice.Enqueue(
            work,
            audit.Add(
                AuditEventTypes.FactorTakenOver,
                found.AccountId,
                requester,
                found.Id.ToString(),
                AuditReasons.Totp
            )
        );

        // Order: now, since what follows in the same transaction asks the database which factors there are.
        await work.Context.SaveChangesAsync(cancellationToken);
        return true;
    }
}
