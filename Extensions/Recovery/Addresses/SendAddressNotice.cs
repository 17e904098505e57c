using IdP.Recovery.Audit;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Addresses;

/// <summary>A job: tells every confirmed address, old and new, what happened to one of them (SP 800-63B-4, 4.6).</summary>
internal sealed class SendAddressNotice(UnitOfWork work, IAccounts accounts, IRecoveryLinks links, MailDesk desk)
    : EventNotice(work, accounts, desk)
{
    public const string Kind = "address.notice";

    /// <summary>Adds the work to the transaction of the change; what is told stands in the audit event.</summary>
    public static void Enqueue(UnitOfWork work, AuditEvent changed) => work.Enqueue(Kind, changed.Id.ToString());

    protected override async Task<Func<MailRecipient, RecoveryMail>?> ComposeAsync(
        AuditEvent told,
        RecoverableAccount account,
        CancellationToken cancellationToken
    )
    {
        var addressId = AlsoTo(told);
        var address = await Work
            .Context.Set<RecoveryAddress>()
            .AsNoTracking()
            .SingleOrDefaultAsync(a => a.Id == addressId, cancellationToken);
        return address is null
            ? null
            : recipient => new RecoveryMail.AddressChanged(
                recipient,
                told.Type switch
                {
                    AuditEventTypes.AddressConfirmed => AddressChange.Confirmed,
                    AuditEventTypes.AddressRemoved => AddressChange.Removed,
                    AuditEventTypes.AddressChanged => AddressChange.MadePrimary,
                    _ => throw new InvalidOperationException($"No mail tells of {told.Type}."),
                },
                address.Address,
                told.At,
                new Requester(told.Network, told.Browser),
                links.Addresses()
            );
    }

    protected override Guid? AlsoTo(AuditEvent told) => Guid.Parse(told.SubjectId!);
}
