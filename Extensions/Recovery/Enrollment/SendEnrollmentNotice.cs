using IdP.Recovery.Addresses;
using IdP.Recovery.Audit;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Enrollment;

/// <summary>A job: tells a person that a period has begun, runs out, or is over.</summary>
internal sealed class SendEnrollmentNotice(
    UnitOfWork work,
    IAccounts accounts,
    TellEveryAddress addresses,
    IRecoveryLinks links,
    IRecoveryMailer mailer,
    RecoveryMetrics metrics
) : IOutboxHandler
{
    public const string Kind = "enrollment.notice";

    /// <summary>Adds the work to the transaction of the change; what is told stands in the audit event.</summary>
    public static void Enqueue(UnitOfWork work, AuditEvent told) => work.Enqueue(Kind, told.Id.ToString());

    public async Task HandleAsync(OutboxEntry entry, CancellationToken cancellationToken)
    {
        var id = Guid.Parse(entry.Subject);
        var told = await work
            .Context.Set<AuditEvent>()
            .AsNoTracking()
            .SingleOrDefaultAsync(e => e.Id == id, cancellationToken);
        if (
            told?.AccountId is null
            || await accounts.FindAsync(told.AccountId, cancellationToken) is not { Enrollment: { } period } account
            || await addresses.RecipientAsync(entry, account, told.At, cancellationToken) is not { } recipient
        )
        {
            return;
        }

        await mailer.SendAsync(
            new RecoveryMail.Enrollment(
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
            ),
            TellEveryAddress.MessageId(entry, id),
            cancellationToken
        );
        metrics.Mailed(Kind);
        addresses.Sent(account);
    }
}
