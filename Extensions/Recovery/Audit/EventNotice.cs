using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Audit;

/// <summary>A job: tells a person, at every confirmed address, of an event on the account (SP 800-63B-4, 4.6).</summary>
internal abstract class EventNotice(UnitOfWork work, IAccounts accounts, MailDesk desk) : MailJob(desk)
{
    protected UnitOfWork Work => work;

    protected sealed override async Task<ReadyMail?> PrepareAsync(
        OutboxEntry entry,
        CancellationToken cancellationToken
    )
    {
        var id = Guid.Parse(entry.Subject);
        var told = await work
            .Context.Set<AuditEvent>()
            .AsNoTracking()
            .SingleOrDefaultAsync(e => e.Id == id, cancellationToken);
        if (
            told?.AccountId is null
            || await accounts.FindAsync(told.AccountId, cancellationToken) is not { } account
            || await ComposeAsync(told, account, cancellationToken) is not { } compose
            || await Desk.Told.RecipientAsync(entry, account, told.At, cancellationToken, alsoTo: AlsoTo(told))
                is not { } recipient
        )
        {
            return null;
        }

        return new(compose(recipient), TellEveryAddress.MessageId(entry, id)) { Told = account };
    }

    /// <summary>What to say to an address; null when it is no longer so.</summary>
    protected abstract Task<Func<MailRecipient, RecoveryMail>?> ComposeAsync(
        AuditEvent told,
        RecoverableAccount account,
        CancellationToken cancellationToken
    );

    /// <summary>An address that the event is about, which is told whether or not it counts still.</summary>
    protected virtual Guid? AlsoTo(AuditEvent told) => null;
}
