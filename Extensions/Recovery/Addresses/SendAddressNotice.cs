using IdP.Recovery.Audit;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Addresses;

/// <summary>A job: tells every confirmed address, old and new, what happened to one of them (SP 800-63B-4, 4.6).</summary>
internal sealed class SendAddressNotice(
    UnitOfWork work,
    IAccounts accounts,
    TellEveryAddress told,
    IRecoveryLinks links,
    IRecoveryMailer mailer,
    RecoveryMetrics metrics
) : IOutboxHandler
{
    public const string Kind = "address.notice";

    /// <summary>Adds the work to the transaction of the change; what is told stands in the audit event.</summary>
    public static void Enqueue(UnitOfWork work, AuditEvent changed) => work.Enqueue(Kind, changed.Id.ToString());

    public async Task HandleAsync(OutboxEntry entry, CancellationToken cancellationToken)
    {
        var id = Guid.Parse(entry.Subject);
        var changed = await work
            .Context.Set<AuditEvent>()
            .AsNoTracking()
            .SingleOrDefaultAsync(e => e.Id == id, cancellationToken);
        if (changed is not { AccountId: { } accountId, SubjectId: { } subjectId })
        {
            return;
        }

        var addressId = Guid.Parse(subjectId);
        var address = await work
            .Context.Set<RecoveryAddress>()
            .AsNoTracking()
            .SingleOrDefaultAsync(a => a.Id == addressId, cancellationToken);
        if (
            address is null
            || await accounts.FindAsync(accountId, cancellationToken) is not { } account
            || await told.RecipientAsync(entry, account, changed.At, cancellationToken, alsoTo: addressId)
                is not { } recipient
        )
        {
            return;
        }

        await mailer.SendAsync(
            new RecoveryMail.AddressChanged(
                recipient,
                changed.Type switch
                {
                    AuditEventTypes.AddressConfirmed => AddressChange.Confirmed,
                    AuditEventTypes.AddressRemoved => AddressChange.Removed,
                    AuditEventTypes.AddressChanged => AddressChange.MadePrimary,
                    _ => throw new InvalidOperationException($"No mail tells of {changed.Type}."),
                },
                address.Address,
                changed.At,
                new RequestOrigin(changed.Network, changed.Client),
                links.Addresses()
            ),
            TellEveryAddress.MessageId(entry, id),
            cancellationToken
        );
        metrics.Mailed(Kind);
        told.Sent(account);
    }
}
