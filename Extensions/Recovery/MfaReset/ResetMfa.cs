using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using IdP.Recovery.Enrollment;
using IdP.Recovery.Factors;
using IdP.Recovery.Factors.Totp;
using IdP.Recovery.Lockout;
using IdP.Recovery.PasswordReset;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.MfaReset;

/// <summary>
/// Removes a person's second factors, and opens an enrollment. The password stays; sessions, tokens, remembered
/// browsers and half-finished sign-ins end (threat 7).
/// </summary>
public sealed class ResetMfa(
    UnitOfWork work,
    IAccounts accounts,
    RemoveFactors remove,
    HostTotpKey hostKey,
    KnownBrowsers browsers,
    MfaResetRules rules,
    AuditLog audit,
    IOptions<MfaResetOptions> options
)
{
    /// <summary>Resets, or keeps the wish until a second administrator approves it.</summary>
    /// <param name="actor">Who. The caller has asked for a fresh proof.</param>
    /// <param name="accountId">Whose MFA.</param>
    /// <param name="order">What and why.</param>
    /// <param name="cancellationToken">Stops; nothing is changed then.</param>
    public async Task<MfaResetResult> RunAsync(
        Actor actor,
        string accountId,
        MfaResetOrder order,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        if (await accounts.FindAsync(accountId, cancellationToken) is not { } account)
        {
            return new MfaResetResult.Refused(MfaResetRefusal.Gone);
        }

        if (await rules.RefuseAsync(actor, account, cancellationToken) is { } refusal)
        {
            return new MfaResetResult.Refused(refusal);
        }

        try
        {
            if (rules.NeedsApproval(account))
            {
                await work.RunAsync(
                    inner => KeepUntilApprovedAsync(actor, account, order, requester, inner),
                    cancellationToken
                );
                return new MfaResetResult.WaitsForApproval(account);
            }

            return await work.RunAsync(
                inner => ApplyAsync(actor, account, order, null, requester, inner),
                cancellationToken
            );
        }
        catch (Exception exception)
            when (exception is LostRaceException or EnrollmentChangedException or DbUpdateException)
        {
            return new MfaResetResult.Changed();
        }
    }

    /// <summary>
    /// Keeps the wish for a second administrator, in the transaction under way, and tells those who could approve it, and the
    /// one whose MFA it is.
    /// One wish waits for an account; another one takes its place.
    /// </summary>
    /// <exception cref="LostRaceException">Another change of the account was first; nothing is to be kept.</exception>
    internal async Task KeepUntilApprovedAsync(
        Actor actor,
        RecoverableAccount account,
        MfaResetOrder order,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        // Of two wishes at once the second waits here, and takes the place of the first.
        if (!await accounts.HoldAsync(account, cancellationToken))
        {
            throw new LostRaceException();
        }

        var waiting = work.Context.Set<WaitingMfaReset>().Where(w => w.AccountId == account.Id && w.DecidedAt == null);
        var since = work.Now - options.Value.Hold;
        if (
            await waiting.AnyAsync(
                w =>
                    w.ActorId == actor.Id
                    && w.SecurityStamp == account.SecurityStamp
                    && w.Factors == order.Factors
                    && w.Why == order.Why
                    && w.RequestedAt > since,
                cancellationToken
            )
        )
        {
            return;
        }

        await waiting.ExecuteUpdateAsync(set => set.SetProperty(w => w.DecidedAt, work.Now), cancellationToken);
        var request = WaitingMfaReset.Of(actor, account, order, requester, work.Now);
        work.Context.Add(request);
        audit.Add(
            AuditEventTypes.MfaResetRequested,
            account.Id,
            requester,
            request.Id.ToString(),
            order.Described,
            actor.Id,
            actor.Proof,
            order.Why
        );
        SendMfaResetWaiting.Enqueue(work, request, requester, options.Value.Hold);
        foreach (var other in await accounts.ListAdministratorsAsync(cancellationToken))
        {
            if (other.Id != account.Id && other.Id != actor.Id && MfaResetRules.CanSignIn(other))
            {
                SendMfaResetPending.Enqueue(work, request, other);
            }
        }
    }

    /// <summary>The deed, in the transaction under way.</summary>
    /// <exception cref="LostRaceException">Another change of the account was first; nothing is to be kept.</exception>
    internal async Task<MfaResetResult> ApplyAsync(
        Actor actor,
        RecoverableAccount account,
        MfaResetOrder order,
        string? subjectId,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        if (account.Factors.Elsewhere && !order.Factors.HasFlag(ResetFactors.Totp))
        {
            // What stays would be lost with the mark that Identity asks for it.
            await hostKey.KeepAsync(account.Id, requester, cancellationToken);
        }

        // Order: the stamp first. Of two administrators who act on one person at once, one gets past here.
        if (!await accounts.DropFactorsAsync(account, cancellationToken))
        {
            throw new LostRaceException();
        }

        await remove.RunAsync(account.Id, order.Factors, cancellationToken);
        await browsers.ForgetAsync(account.Id, but: null, cancellationToken);
        var isLeftWithOne =
            (!order.Factors.HasFlag(ResetFactors.Totp) && account.Factors.Totp > 0)
            || (!order.Factors.HasFlag(ResetFactors.Passkeys) && account.Factors.Passkeys > 0);
        DateTimeOffset? until = null;
        if (order.Period is { } period && !isLeftWithOne && account.Audience == Audience.User)
        {
            until = await SetEnrollmentPeriod.KeepAsync(
                work,
                account,
                period,
                EnrollmentCause.MfaReset,
                cancellationToken
            );
        }

        var done = audit.Add(
            AuditEventTypes.MfaReset,
            account.Id,
            requester,
            subjectId,
            order.Described,
            actor.Id,
            actor.Proof,
            order.Why
        );
        if (until is { } end)
        {
            audit.Add(
                AuditEventTypes.EnrollmentStarted,
                account.Id,
                requester,
                EnrollmentPeriod.Describe(end),
                AuditReasons.MfaReset,
                actor.Id,
                actor.Proof,
                order.Why
            );
        }

        SendMfaResetNotice.Enqueue(work, done);
        EndAccess.Enqueue(work, account.Id);
        return new MfaResetResult.Done(account, until);
    }

    // Rolls the transaction back; never leaves this slice.
    internal sealed class LostRaceException : Exception;
}

/// <summary>How an MFA reset ended.</summary>
public abstract record MfaResetResult
{
    private MfaResetResult() { }

    /// <summary>The factors are gone.</summary>
    /// <param name="Account">Whose, as it was.</param>
    /// <param name="EnrollUntil">Until when sign-in works without one; null where no period was begun.</param>
    public sealed record Done(RecoverableAccount Account, DateTimeOffset? EnrollUntil) : MfaResetResult;

    /// <summary>A second administrator must approve it first.</summary>
    public sealed record WaitsForApproval(RecoverableAccount Account) : MfaResetResult;

    /// <summary>It cannot be done.</summary>
    public sealed record Refused(MfaResetRefusal Reason) : MfaResetResult;

    /// <summary>Somebody else has changed the account at the same moment; look again.</summary>
    public sealed record Changed : MfaResetResult;
}
