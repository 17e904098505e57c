using IdP.Recovery.Audit;
using IdP.Recovery.Enrollment;
using IdP.Recovery.Ports;

namespace IdP.Recovery.MfaReset;

/// <summary>A job: tells a person that an administrator has removed the second factors, and what comes next.</summary>
internal sealed class SendMfaResetNotice(
    UnitOfWork work,
    IAccounts accounts,
    EnrollmentStatuses statuses,
    IRecoveryLinks links,
    MailDesk desk
) : EventNotice(work, accounts, desk)
{
    public const string Kind = "mfa-reset.notice";

    /// <summary>Adds the work to the transaction of the reset; what is told stands in the audit event.</summary>
    public static void Enqueue(UnitOfWork work, AuditEvent done) => work.Enqueue(Kind, done.Id.ToString());

    protected override Task<Func<MailRecipient, RecoveryMail>?> ComposeAsync(
        AuditEvent told,
        RecoverableAccount account,
        CancellationToken cancellationToken
    )
    {
        var status = statuses.Of(account);
        return Task.FromResult<Func<MailRecipient, RecoveryMail>?>(recipient => new RecoveryMail.MfaReset(
            recipient,
            told.At,
            status is EnrollmentStatus.InEnrollment(var until) ? until : null,
            status is EnrollmentStatus.InEnrollment or EnrollmentStatus.NotEnrolled,
            links.EnrollFactor()
        ));
    }
}
