using IdP.Recovery.Audit;
using IdP.Recovery.Endpoints;
using IdP.Recovery.Lockout;
using IdP.Recovery.Passwords;
using IdP.Recovery.Ports;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.PasswordReset;

/// <summary>
/// The owner changes a known password, giving the current one (ASVS 6.2.3). Every other session ends, and the owner
/// is told as after a reset.
/// </summary>
public sealed class ChangePassword(
    UnitOfWork work,
    IAccounts accounts,
    IPasswords passwords,
    PasswordPolicy policy,
    ISignedInSessions sessions,
    KnownBrowsers browsers,
    PropagateChange propagate,
    AuditLog audit,
    IOptions<PasswordResetOptions> options
)
{
    private readonly PasswordResetOptions options = options.Value;

    /// <summary>Changes the password.</summary>
    /// <param name="sessionId">The session in which it is done, which goes on.</param>
    /// <param name="current">The current password; a wrong one counts as a failed sign-in.</param>
    /// <param name="replacement">The new one.</param>
    /// <param name="cancellationToken">Stops; nothing is changed then.</param>
    public async Task<ChangedPassword> RunAsync(
        string accountId,
        string sessionId,
        string? current,
        string replacement,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        var owner = await accounts.FindAsync(accountId, cancellationToken);
        var check = await passwords.CheckAsync(owner?.Email, current, requester, cancellationToken);
        if (check is not PasswordCheck.Accepted { Account: var account })
        {
            return new ChangedPassword.CurrentRefused();
        }

        var verdict = policy.Judge(replacement, account);
        if (verdict is not PasswordVerdict.Accepted)
        {
            return new ChangedPassword.PasswordRefused(verdict);
        }

        var hash = await passwords.HashAsync(replacement, cancellationToken);
        propagate.Prepare();
        var changed = await work.RunAsync(
            async inner =>
            {
                if (!await passwords.SetAsync(account, hash, liftLockout: false, inner))
                {
                    return false;
                }

                await sessions.KeepAsync(account.Id, sessionId, inner);
                await browsers.ForgetAsync(account.Id, but: requester, inner);
                await OpenResets.VoidAsync(work, account.Id, inner);
                var cause = audit.Add(
                    AuditEventTypes.PasswordChanged,
                    account.Id,
                    requester,
                    sessionId,
                    actorId: account.Id
                );
                await propagate.PasswordAsync(account, replacement, cause, inner);
                EndAccess.Enqueue(work, account.Id);
                SendPasswordChangeNotice.Enqueue(work, account.Id, requester, options.NotMeLinkLifetime);
                return true;
            },
            cancellationToken
        );
        return changed ? new ChangedPassword.Done() : new ChangedPassword.CurrentRefused();
    }
}

/// <summary>How a change ended.</summary>
public abstract record ChangedPassword
{
    private ChangedPassword() { }

    /// <summary>The password is the new one.</summary>
    public sealed record Done : ChangedPassword;

    /// <summary>The current password is wrong, or the account is locked.</summary>
    public sealed record CurrentRefused : ChangedPassword;

    /// <summary>The new password is not good enough.</summary>
    public sealed record PasswordRefused(PasswordVerdict Verdict) : ChangedPassword;
}
