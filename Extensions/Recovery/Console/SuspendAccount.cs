using IdP.Recovery.Audit;
using IdP.Recovery.Lockout;
using IdP.Recovery.MfaReset;
using IdP.Recovery.PasswordReset;

namespace IdP.Recovery.Console;

/// <summary>
/// Closes an account to its owner, and opens it again. Suspending ends sessions and tokens; password, second factors
/// and enrollment stay as they are.
/// </summary>
public sealed class SuspendAccount(UnitOfWork work, IAccounts accounts, KnownBrowsers browsers, AuditLog audit)
{
    /// <summary>Suspends.</summary>
    /// <param name="accountId">Whom.</param>
    /// <param name="why">The reason, at most 500 characters; null when none was asked for.</param>
    /// <param name="cancellationToken">Stops; nothing is changed then.</param>
    public Task<SuspensionResult> SuspendAsync(
        Actor actor,
        string accountId,
        string? why,
        Requester requester,
        CancellationToken cancellationToken
    ) => work.RunAsync(inner => SetAsync(actor, accountId, suspended: true, why, requester, inner), cancellationToken);

    /// <summary>Lets sign in again.</summary>
    /// <inheritdoc cref="SuspendAsync"/>
    public Task<SuspensionResult> ActivateAsync(
        Actor actor,
        string accountId,
        string? why,
        Requester requester,
        CancellationToken cancellationToken
    ) => work.RunAsync(inner => SetAsync(actor, accountId, suspended: false, why, requester, inner), cancellationToken);

    private async Task<SuspensionResult> SetAsync(
        Actor actor,
        string accountId,
        bool suspended,
        string? why,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        // Order: before anything is read. Two administrators who suspend each other must not both find the other there.
        await accounts.HoldAdministratorsAsync(cancellationToken);
        if (await accounts.FindAsync(accountId, cancellationToken) is not { } account)
        {
            return new SuspensionResult.Refused(SuspensionRefusal.Gone);
        }

        if (actor.Id == account.Id)
        {
            return new SuspensionResult.Refused(SuspensionRefusal.Oneself);
        }

        // Security: threat 13. Whoever may not manage an account does not close it either.
        if (!ConsolePermissions.May(actor.Roles, ConsoleAction.Suspend, account))
        {
            return new SuspensionResult.Refused(SuspensionRefusal.NotAllowed);
        }

        if (account.Suspended == suspended)
        {
            return new SuspensionResult.Unchanged(account);
        }

        if (suspended && await IsLastAsync(account, cancellationToken))
        {
            return new SuspensionResult.Refused(SuspensionRefusal.LastAdministrator);
        }

        if (!await accounts.SetSuspendedAsync(account, suspended, cancellationToken))
        {
            return new SuspensionResult.Changed();
        }

        audit.Add(
            suspended ? AuditEventTypes.AccountSuspended : AuditEventTypes.AccountActivated,
            account.Id,
            requester,
            actorId: actor.Id,
            proof: actor.Proof,
            why: why
        );
        if (suspended)
        {
            await browsers.ForgetAsync(account.Id, but: null, cancellationToken);
            EndAccess.Enqueue(work, account.Id);
        }

        return new SuspensionResult.Done(account);
    }

    /// <summary>Whether <see cref="CloseAsync"/> would suspend.</summary>
    internal async Task<bool> MayCloseAsync(
        RecoverableAccount account,
        bool evenLast,
        CancellationToken cancellationToken
    ) => evenLast || !await IsLastAsync(account, cancellationToken);

    /// <summary>
    /// Suspends at the word of an administrator who has stopped a completed reset; false when nobody else could let the
    /// account in again. In a transaction.
    /// </summary>
    /// <param name="actorId">Who.</param>
    /// <param name="evenLast">Whether the last administrator is suspended too.</param>
    internal async Task<bool> CloseAsync(
        string actorId,
        string accountId,
        bool evenLast,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        await accounts.HoldAdministratorsAsync(cancellationToken);

        // Another change of the account at this moment is no reason to let it go on.
        for (var tries = 0; tries < 3; tries++)
        {
            if (
                await accounts.FindAsync(accountId, cancellationToken) is not { } account
                || !await MayCloseAsync(account, evenLast, cancellationToken)
            )
            {
                return false;
            }

            if (account.Suspended)
            {
                return true;
            }

            if (await accounts.SetSuspendedAsync(account, suspended: true, cancellationToken))
            {
                audit.Add(
                    AuditEventTypes.AccountSuspended,
                    accountId,
                    requester,
                    reason: AuditReasons.Stopped,
                    actorId: actorId
                );
                return true;
            }
        }

        throw new InvalidOperationException("The account is changed by others again and again; try once more.");
    }

    private async Task<bool> IsLastAsync(RecoverableAccount account, CancellationToken cancellationToken) =>
        account.Roles.Contains(ConsoleRoles.Administrator)
        && !(await accounts.ListAdministratorsAsync(cancellationToken)).Any(a =>
            a.Id != account.Id && MfaResetRules.CanSignIn(a)
        );
}

/// <summary>Why an account cannot be suspended or activated by somebody.</summary>
public enum SuspensionRefusal
{
    /// <summary>It is one's own.</summary>
    Oneself,

    /// <summary>The actor may not manage that account.</summary>
    NotAllowed,

    /// <summary>It is the last administrator who could sign in.</summary>
    LastAdministrator,

    /// <summary>There is no such account.</summary>
    Gone,
}

/// <summary>How a suspension or activation ended.</summary>
public abstract record SuspensionResult
{
    private SuspensionResult() { }

    /// <summary>Done.</summary>
    /// <param name="Account">Whose, as it was.</param>
    public sealed record Done(RecoverableAccount Account) : SuspensionResult;

    /// <summary>It was so before; nothing was changed.</summary>
    public sealed record Unchanged(RecoverableAccount Account) : SuspensionResult;

    /// <summary>It cannot be done.</summary>
    public sealed record Refused(SuspensionRefusal Reason) : SuspensionResult;

    /// <summary>Somebody else has changed the account at the same moment; look again.</summary>
    public sealed record Changed : SuspensionResult;
}
