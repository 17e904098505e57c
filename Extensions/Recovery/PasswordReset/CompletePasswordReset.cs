using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using IdP.Recovery.Endpoints;
using IdP.Recovery.Factors;
using IdP.Recovery.Factors.Totp;
using IdP.Recovery.Lockout;
using IdP.Recovery.MfaReset;
using IdP.Recovery.Passwords;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.PasswordReset;

/// <summary>
/// Step 5. Asks the gate again, hashes, and in one transaction consumes the request by a guarded update, sets the
/// password while the account is as the link found it, voids the account's other requests, audits, and adds the work of step 6.
/// </summary>
public sealed class CompletePasswordReset(
    UnitOfWork work,
    IAccounts accounts,
    IPasswords passwords,
    PasswordPolicy policy,
    PasswordResetGate gate,
    RotateTotp rotate,
    RemoveFactors remove,
    TotpKeys keys,
    TellAdministrators others,
    KnownBrowsers browsers,
    SuspendAccount suspend,
    PropagateChange propagate,
    AuditLog audit,
    IOptions<PasswordResetOptions> options
)
{
    private readonly PasswordResetOptions options = options.Value;

    /// <summary>Sets a new password.</summary>
    /// <param name="link">As it was opened in this request.</param>
    /// <param name="password">The new password.</param>
    /// <param name="cancellationToken">Stops; nothing is changed then.</param>
    /// <exception cref="HashingQueueFullException">Too much to hash at once; the link still works.</exception>
    public async Task<CompletedPasswordReset> RunAsync(
        OpenedPasswordReset.Usable link,
        string password,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        var (request, account) = (link.Request, link.Account);
        if (gate.Asks(request, account))
        {
            audit.Add(
                AuditEventTypes.ResetGateRefused,
                account.Id,
                requester,
                request.Id.ToString(),
                AuditReasons.NoProof
            );
            await work.RunAsync(_ => Task.CompletedTask, cancellationToken);
            return new CompletedPasswordReset.FactorRequired();
        }

        var verdict = policy.Judge(password, account);
        if (verdict is not PasswordVerdict.Accepted)
        {
            return new CompletedPasswordReset.PasswordRefused(verdict);
        }

        // Order: hashing takes a tenth of a second, so it is done before the transaction begins.
        var hash = await passwords.HashAsync(password, cancellationToken);
        propagate.Prepare();
        try
        {
            var (browser, changeId) = await work.RunAsync(
                inner => RedeemAsync(request, account, password, hash, requester, inner),
                cancellationToken
            );
            return new CompletedPasswordReset.Done(account, browser, changeId);
        }
        catch (LostRaceException)
        {
            return new CompletedPasswordReset.Gone();
        }
    }

    // The secret of the browser in which it was done, and the audit event.
    private async Task<(string Browser, Guid ChangeId)> RedeemAsync(
        ResetRequest request,
        RecoverableAccount account,
        string password,
        string passwordHash,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        var now = work.Now;
        var requests = work.Context.Set<ResetRequest>();

        // Security: threat 10. One winner, on every node: whoever changes the row.
        var redeemed = await requests
            .Where(r => r.Id == request.Id && r.RedeemedAt == null && r.VoidedAt == null && r.ExpiresAt > now)
            .ExecuteUpdateAsync(set => set.SetProperty(r => r.RedeemedAt, now), cancellationToken);

        // The glass is broken for who must get in now: no stranger's guesses keep them out.
        var lifts = options.LiftsLockout || request.Purpose == PasswordResetPurpose.BreakGlass;
        if (redeemed == 0 || !await passwords.SetAsync(account, passwordHash, lifts, cancellationToken))
        {
            throw new LostRaceException();
        }

        if (request.Purpose == PasswordResetPurpose.BreakGlass)
        {
            await DropFactorsAsync(request, account, requester, cancellationToken);
        }
        else if (account.Audience == Audience.Administrator && await rotate.RunAsync(account, cancellationToken))
        {
            SendFactorNotice.Enqueue(
                work,
                audit.Add(AuditEventTypes.FactorsRotated, account.Id, requester, request.Id.ToString())
            );
        }

        // Security: threat 12. Whoever is here has just chosen the password, and is not kept from using it by who guesses
        // elsewhere.
        await browsers.ForgetAsync(account.Id, but: null, cancellationToken);
        var browser = await browsers.SeenAsync(account.Id, requester, signedIn: false, cancellationToken);
        await OpenResets.VoidAsync(work, account.Id, cancellationToken);
        var completed = audit.Add(AuditEventTypes.ResetCompleted, account.Id, requester, request.Id.ToString());
        await propagate.PasswordAsync(account, password, completed, cancellationToken);
        EndAccess.Enqueue(work, account.Id);
        SendPasswordChangeNotice.Enqueue(work, account.Id, requester, options.NotMeLinkLifetime);
        await others.DoneAsync(request, account, requester, cancellationToken);
        return (browser, completed.Id);
    }

    // Who breaks the glass can prove nothing: a factor that is lost must not be asked for at the sign-in that follows.
    private async Task DropFactorsAsync(
        ResetRequest request,
        RecoverableAccount account,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        if (
            await accounts.FindAsync(account.Id, cancellationToken) is not { } renewed
            || !await accounts.DropFactorsAsync(renewed, cancellationToken)
        )
        {
            throw new LostRaceException();
        }

        // Not before the link is used: until then the account stays closed to whoever it was closed to.
        if (
            account.Suspended
            && await suspend.ActivateAsync(Actor.CommandLine, account.Id, null, requester, cancellationToken)
                is not SuspensionResult.Done
        )
        {
            throw new LostRaceException();
        }

        await remove.RunAsync(account.Id, ResetFactors.All, cancellationToken);
        if (account.Factors.Any)
        {
            // Who had a factor sets one up before going on, also where no policy asks for one.
            work.Context.Add(keys.Create(account.Id, work.Now, required: true));
        }

        SendMfaResetNotice.Enqueue(
            work,
            audit.Add(AuditEventTypes.MfaReset, account.Id, requester, request.Id.ToString(), AuditReasons.BreakGlass)
        );
    }

    // Rolls the transaction back; never leaves this file.
    private sealed class LostRaceException : Exception;
}

/// <summary>How a reset ended.</summary>
public abstract record CompletedPasswordReset
{
    private CompletedPasswordReset() { }

    /// <summary>The password is the new one. Nobody is signed in by it (OWASP Forgot Password).</summary>
    /// <param name="Account">Whose it is.</param>
    /// <param name="BrowserToken">For the browser in which it was done: see <see cref="KnownBrowsers.Keep"/>.</param>
    /// <param name="ChangeId">By which its receipts are found.</param>
    public sealed record Done(RecoverableAccount Account, string BrowserToken, Guid ChangeId) : CompletedPasswordReset;

    /// <summary>The password is not good enough; the link still works.</summary>
    public sealed record PasswordRefused(PasswordVerdict Verdict) : CompletedPasswordReset;

    /// <summary>A second factor must be proved first; the link still works.</summary>
    public sealed record FactorRequired : CompletedPasswordReset;

    /// <summary>The link is unknown, used, replaced or expired.</summary>
    public sealed record Gone : CompletedPasswordReset;
}
