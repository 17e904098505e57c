using IdP.Recovery.Addresses;
using IdP.Recovery.Audit;
using IdP.Recovery.Enrollment;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.MfaReset;

/// <summary>A job: tells a person that an administrator has removed the second factors, and what comes next.</summary>
internal sealed class SendMfaResetNotice(
    UnitOfWork work,
    IAccounts accounts,
    TellEveryAddress told,
    EnrollmentStatuses statuses,
    IRecoveryLinks links,
    IRecoveryMailer mailer,
    RecoveryMetrics metrics
) : IOutboxHandler
{
    public const string Kind = "mfa-reset.notice";

    /// <summary>Adds the work to the transaction of the reset; what is told stands in the audit event.</summary>
    public static void Enqueue(UnitOfWork work, AuditEvent done) => work.Enqueue(Kind, done.Id.ToString());

    public async Task HandleAsync(OutboxEntry entry, CancellationToken cancellationToken)
    {
        var id = Guid.Parse(entry.Subject);
        var done = await work
            .Context.Set<AuditEvent>()
            .AsNoTracking()
            .SingleOrDefaultAsync(e => e.Id == id, cancellationToken);
        if (
            done?.AccountId is null
            || await accounts.FindAsync(done.AccountId, cancellationToken) is not { } account
            || await told.RecipientAsync(entry, account, done.At, cancellationToken) is not { } recipient
        )
        {
            return;
        }

        var status = statuses.Of(account);
        await mailer.SendAsync(
            new RecoveryMail.MfaReset(
                recipient,
                done.At,
                status is EnrollmentStatus.InEnrollment(var until) ? until : null,
                status is EnrollmentStatus.InEnrollment or EnrollmentStatus.NotEnrolled,
                links.EnrollFactor()
            ),
            TellEveryAddress.MessageId(entry, id),
            cancellationToken
        );
        metrics.Mailed(Kind);
        told.Sent(account);
    }
}
