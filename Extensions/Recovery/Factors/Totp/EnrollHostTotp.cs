using IdP.Recovery.Audit;
using IdP.Recovery.Enrollment;
using IdP.Recovery.Factors.RecoveryCodes;
using IdP.Recovery.Lockout;
using IdP.Recovery.Passwords;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Factors.Totp;

/// <summary>
/// Enrolls an authenticator app where the host signs people in: the key goes where ASP.NET Core Identity looks for it, which
/// asks for its codes from then on.
/// </summary>
public sealed class EnrollHostTotp(
    UnitOfWork work,
    EnrollTotp enroll,
    TotpKeys keys,
    IHostTokens tokens,
    IPasswords passwords,
    FailureCounts failures,
    EnrollmentDeadline deadline,
    AuditLog audit
)
{
    /// <summary>
    /// The key to enroll, the same for an hour; null where there is a second factor already, a passkey too, or the account
    /// has no password to prove that it is its owner who enrolls.
    /// </summary>
    /// <param name="account">For whom.</param>
    public async Task<TotpEnrollment?> BeginAsync(RecoverableAccount account, CancellationToken cancellationToken) =>
        account.Factors.Any || !account.HasPassword ? null : await enroll.BeginAsync(account, cancellationToken);

    /// <summary>
    /// Takes the key once a code of it and the password were given (threat 6): the session may be a stolen one. The code is
    /// spent: it opens no gate as well.
    /// </summary>
    /// <param name="account">For whom.</param>
    /// <param name="enrollmentId">From <see cref="BeginAsync"/>.</param>
    /// <param name="code">What the app shows.</param>
    /// <param name="password">The account's; a wrong one counts as at a sign-in.</param>
    /// <param name="cancellationToken">Stops; nothing is enrolled then.</param>
    /// <exception cref="HashingQueueFullException">Too many sign-ins at once.</exception>
    public async Task<EnrolledHostTotp> ConfirmAsync(
        RecoverableAccount account,
        Guid enrollmentId,
        string? code,
        string? password,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        if (
            await enroll.FindPendingAsync(account.Id, enrollmentId, cancellationToken) is not { } pending
            || keys.Read(pending) is not { } key
        )
        {
            return new EnrolledHostTotp.Gone();
        }

        if (keys.StepOf(pending, code, work.Now) is not { } step)
        {
            return new EnrolledHostTotp.CodeRefused();
        }

        var check = await passwords.CheckAsync(account.Email, password, requester, cancellationToken);
        if (check is not PasswordCheck.Accepted(var owner) || owner.Id != account.Id)
        {
            return new EnrolledHostTotp.PasswordRefused();
        }

        // Security: threat 6. Where there is a factor, a password alone adds none beside it.
        if (owner.Factors.Any)
        {
            return new EnrolledHostTotp.Gone();
        }

        var codes = Enumerable.Range(0, CreateRecoveryCodes.Count).Select(_ => Secrets.NewRecoveryCode()).ToList();
        return await work.RunAsync<EnrolledHostTotp>(
            async inner =>
            {
                // Of two at once one is first.
                var taken = await work
                    .Context.Set<TotpAuthenticator>()
                    .Where(t => t.Id == pending.Id && t.ProtectedKey == pending.ProtectedKey)
                    .ExecuteDeleteAsync(inner);
                if (taken == 0 || !await tokens.TryEnrollAsync(owner, key, step, codes, inner))
                {
                    return new EnrolledHostTotp.Gone();
                }

                await failures.ForgetAsync(account.Id, FactorKind.Totp, inner);
                await failures.ForgetAsync(account.Id, FactorKind.RecoveryCode, inner);
                await deadline.EnrolledAsync(account.Id, inner);
                SendFactorNotice.Enqueue(
                    work,
                    audit.Add(
                        AuditEventTypes.FactorAdded,
                        account.Id,
                        requester,
                        pending.Id.ToString(),
                        AuditReasons.Totp,
                        account.Id
                    )
                );
                audit.Add(AuditEventTypes.RecoveryCodesCreated, account.Id, requester, actorId: account.Id);
                return new EnrolledHostTotp.Done(codes);
            },
            cancellationToken
        );
    }
}

/// <summary>How an enrollment ended where the host signs people in.</summary>
public abstract record EnrolledHostTotp
{
    private EnrolledHostTotp() { }

    /// <summary>Identity asks for codes of the app from now on.</summary>
    /// <param name="Codes">Saved codes, each of which stands in for one once; never shown again.</param>
    public sealed record Done(IReadOnlyList<string> Codes) : EnrolledHostTotp;

    /// <summary>The code is not one of this key; the key stays.</summary>
    public sealed record CodeRefused : EnrolledHostTotp;

    /// <summary>The password is wrong, or sign-in is closed for now; the key stays.</summary>
    public sealed record PasswordRefused : EnrolledHostTotp;

    /// <summary>The key is too old, too many codes were tried, or something else was first: look again.</summary>
    public sealed record Gone : EnrolledHostTotp;
}
