using IdP.Recovery.Audit;
using IdP.Recovery.Ports;

namespace IdP.Recovery.Enrollment;

/// <summary>A job: tells a person that a period has begun, runs out, or is over.</summary>
internal sealed class SendEnrollmentNotice(UnitOfWork work, IAccounts accounts, IRecoveryLinks links, MailDesk desk)
    : EventNotice(work, accounts, desk)
{
    public const string Kind = "enrollment.notice";

    /// <summary>Adds the work to the transaction of the change; what is told stands in the audit event.</summary>
    public static void Enqueue(UnitOfWork work, AuditEvent told) => work.Enqueue(Kind, told.Id.ToString());

    protected override Task<Func<MailRecipient, RecoveryMail>?> ComposeAsync(
        AuditEvent told,
        RecoverableAccount account,
        CancellationToken cancellationToken
    ) =>
        Task.FromResult<Func<MailRecipient, RecoveryMail>?>(
            // What is no longer so, as after an extension, is not told.
            account.Enrollment
                is { } period
            && period.EndsAt <= Work.Now == (told.Type == AuditEventTypes.EnrollmentExpired)
                ? recipient => new RecoveryMail.Enrollment(
                    recipient,
                    told.Type switch
                    {
                        AuditEventTypes.EnrollmentStarted => EnrollmentNews.Started,
                        AuditEventTypes.EnrollmentExtended => EnrollmentNews.Extended,
                        AuditEventTypes.EnrollmentReminded => EnrollmentNews.Reminder,
                        AuditEventTypes.EnrollmentExpired => EnrollmentNews.Expired,
                        _ => throw new InvalidOperationException($"No mail tells of {told.Type}."),
                    },
                    period.EndsAt,
                    links.EnrollFactor()
                )
                : null
        );
}
