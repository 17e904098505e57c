using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using IdP.Recovery.Factors;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.Lockout;

/// <summary>
/// Lifts a lock without touching the password: by its owner, who has the mailed link and, where one is enrolled, a
/// second factor; or by an administrator. What has failed stays counted (SP 800-63B-4, 3.2.2), and an account that its
/// owner closed by 'this was not me' stays closed until its password is reset.
/// </summary>
public sealed class UnlockAccount(
    UnitOfWork work,
    IAccounts accounts,
    IAccountLocks locks,
    MailedLinks mailed,
    VerifyFactor verify,
    FailureCounts failures,
    KnownBrowsers browsers,
    RecoveryMetrics metrics,
    AuditLog audit,
    IOptions<MfaOptions> options
)
{
    /// <summary>Whose account a link unlocks; null when it is unknown, used or expired. Changes nothing.</summary>
    /// <param name="token">From the protected cookie.</param>
    public async Task<RecoverableAccount?> LookAsync(string? token, CancellationToken cancellationToken) =>
        (await FindAsync(token, cancellationToken))?.Account;

    /// <summary>Unlocks by a mailed link.</summary>
    /// <param name="token">From the protected cookie.</param>
    /// <param name="proof">A second factor; null where none is enrolled.</param>
    /// <param name="cancellationToken">Stops; a proof stays counted.</param>
    public async Task<UnlockedByMail> ByMailAsync(
        string? token,
        FactorProof? proof,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        if (await FindAsync(token, cancellationToken) is not var (link, account))
        {
            return new UnlockedByMail.Gone();
        }

        string? replacement = null;
        if (account.Factors.Any)
        {
            if (proof is null)
            {
                return new UnlockedByMail.FactorRequired();
            }

            if (await verify.WhyNotAsync(account, proof, cancellationToken) is { } flaw)
            {
                return new UnlockedByMail.NotCounted(flaw);
            }

            var limit = options.Value.ProofsPerRequest;
            if (!await mailed.CountProofAsync(link.Id, limit, cancellationToken))
            {
                return new UnlockedByMail.Gone();
            }

            // Security: threat 20. What is counted has its consequence, also when nobody waits for the answer any more.
            cancellationToken = CancellationToken.None;
            switch (await verify.RunAsync(account, proof, FactorUse.Recovery, requester, cancellationToken))
            {
                case FactorVerdict.Accepted(_, var fresh):
                    replacement = fresh;
                    break;
                case FactorVerdict.Closed:
                    return new UnlockedByMail.FactorDisabled();
                default:
                    return new UnlockedByMail.Refused();
            }
        }

        return await work.RunAsync<UnlockedByMail>(
            async inner =>
            {
                if (!await mailed.SpendAsync(link.Id, inner))
                {
                    return new UnlockedByMail.Gone();
                }

                if (await locks.LiftAsync(account.Id, inner))
                {
                    metrics.Unlocked(AuditReasons.Mail);
                    audit.Add(
                        AuditEventTypes.Unlocked,
                        account.Id,
                        requester,
                        link.Id.ToString(),
                        AuditReasons.Mail,
                        account.Id
                    );
                }

                return await NeedsResetAsync(account, requester, inner)
                    ? new UnlockedByMail.ResetRequired(account, replacement)
                    : new UnlockedByMail.Done(account, replacement);
            },
            cancellationToken
        );
    }

    /// <summary>
    /// Opens an account that its owner has closed by 'this was not me', without a new password: whoever knows the present
    /// one signs in again. For administrators alone; false when it was not closed so, or the actor may not.
    /// </summary>
    /// <param name="why">Why, in the actor's words; at most 500 characters.</param>
    /// <param name="cancellationToken">Stops; nothing is changed then.</param>
    public Task<bool> ReopenAsync(
        Actor actor,
        string accountId,
        string why,
        Requester requester,
        CancellationToken cancellationToken
    ) =>
        work.RunAsync(
            async inner =>
            {
                if (
                    await accounts.FindAsync(accountId, inner) is not { } account
                    || !ConsolePermissions.May(actor.Roles, ConsoleAction.Suspend, account)
                    || actor.Id == account.Id
                    || !await locks.ReopenAsync(accountId, inner)
                )
                {
                    return false;
                }

                metrics.Unlocked(AuditReasons.Administrator);
                audit.Add(
                    AuditEventTypes.Unlocked,
                    accountId,
                    requester,
                    reason: AuditReasons.NotMe,
                    actorId: actor.Id,
                    proof: actor.Proof,
                    why: why
                );
                return true;
            },
            cancellationToken
        );

    /// <summary>Unlocks for somebody of the console; nothing is lifted when the account was not locked, or the actor may not.</summary>
    /// <param name="why">Why, in the actor's words; at most 500 characters.</param>
    /// <param name="cancellationToken">Stops; nothing is changed then.</param>
    public Task<UnlockedByAdministrator> ByAdministratorAsync(
        Actor actor,
        string accountId,
        string? why,
        Requester requester,
        CancellationToken cancellationToken
    ) =>
        work.RunAsync(
            async inner =>
            {
                if (
                    await accounts.FindAsync(accountId, inner) is not { } account
                    || !ConsolePermissions.May(actor.Roles, ConsoleAction.Unlock, account)
                )
                {
                    return new UnlockedByAdministrator(Unlocked: false, ResetRequired: false);
                }

                var resetRequired = await NeedsResetAsync(account, Requester.None, inner);
                if (!await locks.LiftAsync(accountId, inner))
                {
                    return new(Unlocked: false, resetRequired);
                }

                metrics.Unlocked(AuditReasons.Administrator);
                audit.Add(
                    AuditEventTypes.Unlocked,
                    accountId,
                    requester,
                    reason: AuditReasons.Administrator,
                    actorId: actor.Id,
                    proof: actor.Proof,
                    why: why
                );
                return new(Unlocked: true, resetRequired);
            },
            cancellationToken
        );

    // Whether only a new password opens sign-in, lock or not: the present one has failed too often, or its owner has
    // closed the account.
    private async Task<bool> NeedsResetAsync(
        RecoverableAccount account,
        Requester requester,
        CancellationToken cancellationToken
    ) =>
        account.ClosedUntilReset
        || await failures.IsDisabledAsync(
            await browsers.CountedByAsync(account.Id, requester, cancellationToken),
            FactorKind.Password,
            cancellationToken
        );

    private async Task<(MailedLink Link, RecoverableAccount Account)?> FindAsync(
        string? token,
        CancellationToken cancellationToken
    ) =>
        await mailed.FindAsync(MailedLinkKind.Unlock, token, cancellationToken) is { } link
        && await accounts.FindAsync(link.AccountId, cancellationToken) is { Suspended: false } account
            ? (link, account)
            : null;
}

/// <summary>What an unlocking by the console, the API or the command line did.</summary>
/// <param name="Unlocked">Whether there was a lock, and it is lifted.</param>
/// <param name="ResetRequired">
/// Whether only a new password signs in all the same: the present one has failed too often, or its owner has closed the
/// account.
/// </param>
public sealed record UnlockedByAdministrator(bool Unlocked, bool ResetRequired);

/// <summary>How an unlocking by mail ended.</summary>
public abstract record UnlockedByMail
{
    private UnlockedByMail() { }

    /// <summary>Sign-in is open again.</summary>
    /// <param name="ReplacementCode">The recovery code that stands in for the one used, to be shown now; or null.</param>
    public sealed record Done(RecoverableAccount Account, string? ReplacementCode) : UnlockedByMail;

    /// <summary>The lock is lifted, and only a new password signs in all the same.</summary>
    /// <param name="ReplacementCode">The recovery code that stands in for the one used, to be shown now; or null.</param>
    public sealed record ResetRequired(RecoverableAccount Account, string? ReplacementCode) : UnlockedByMail;

    /// <summary>A second factor must be shown.</summary>
    public sealed record FactorRequired : UnlockedByMail;

    /// <summary>The proof does not hold.</summary>
    public sealed record Refused : UnlockedByMail;

    /// <summary>This factor has failed too often to be looked at; another one may do.</summary>
    public sealed record FactorDisabled : UnlockedByMail;

    /// <summary>There was nothing to look at; the link takes as many tries as before.</summary>
    public sealed record NotCounted(FactorFlaw Why) : UnlockedByMail;

    /// <summary>The link is unknown, used, expired, or void after too many wrong proofs.</summary>
    public sealed record Gone : UnlockedByMail;
}
