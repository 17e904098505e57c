using IdP.Recovery.Audit;
using IdP.Recovery.Factors;
using IdP.Recovery.Factors.Totp;
using IdP.Recovery.Passwords;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.PasswordReset;

/// <summary>
/// Step 5. Checks everything again, hashes, and in one transaction consumes the request by a guarded update, sets the
/// password, voids the account's other requests, audits, and adds the work of step 6.
/// </summary>
public sealed class CompletePasswordReset(
    UnitOfWork work,
    IPasswords passwords,
    PasswordPolicy policy,
    PasswordResetGate gate,
    RotateTotp rotate,
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
        RequestOrigin origin,
        CancellationToken cancellationToken
    )
    {
        var (request, account) = (link.Request, link.Account);
        if (gate.Asks(request, account))
        {
            audit.Add(
                AuditEventTypes.ResetGateRefused,
                account.Id,
                origin,
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
        try
        {
            await work.RunAsync(inner => RedeemAsync(request, account, hash, origin, inner), cancellationToken);
        }
        catch (LostRaceException)
        {
            return new CompletedPasswordReset.Gone();
        }

        return new CompletedPasswordReset.Done(account);
    }

    private async Task RedeemAsync(
        ResetRequest request,
        RecoverableAccount account,
        string passwordHash,
        RequestOrigin origin,
        CancellationToken cancellationToken
    )
    {
        var now = work.Now;
        var requests = work.Context.Set<ResetRequest>();

        // Security: threat 10. One winner, on every node: whoever changes the row.
        var redeemed = await requests
            .Where(r => r.Id == request.Id && r.RedeemedAt == null && r.VoidedAt == null && r.ExpiresAt > now)
            .ExecuteUpdateAsync(set => set.SetProperty(r => r.RedeemedAt, now), cancellationToken);
        if (redeemed == 0 || !await passwords.SetAsync(account, passwordHash, options.LiftsLockout, cancellationToken))
        {
            throw new LostRaceException();
        }

        if (account.Audience == Audience.Administrator)
        {
            await rotate.RunAsync(account.Id, cancellationToken);
            SendFactorNotice.Enqueue(
                work,
                audit.Add(AuditEventTypes.FactorsRotated, account.Id, origin, request.Id.ToString())
            );
        }

        await OpenResets.VoidAsync(work, account.Id, cancellationToken);
        audit.Add(AuditEventTypes.ResetCompleted, account.Id, origin, request.Id.ToString());
        EndAccess.Enqueue(work, account.Id);
        SendPasswordChangeNotice.Enqueue(work, account.Id, origin, options.NotMeLinkLifetime);
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
    public sealed record Done(RecoverableAccount Account) : CompletedPasswordReset;

    /// <summary>The password is not good enough; the link still works.</summary>
    public sealed record PasswordRefused(PasswordVerdict Verdict) : CompletedPasswordReset;

    /// <summary>A second factor must be proved first; the link still works.</summary>
    public sealed record FactorRequired : CompletedPasswordReset;

    /// <summary>The link is unknown, used, replaced or expired.</summary>
    public sealed record Gone : CompletedPasswordReset;
}
