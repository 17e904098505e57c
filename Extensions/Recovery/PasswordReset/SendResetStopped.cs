using IdP.Recovery.Audit;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.PasswordReset;

/// <summary>A job: tells somebody that an administrator's account was closed after its reset.</summary>
internal sealed class SendResetStopped(UnitOfWork work, IAccounts accounts, MailDesk desk) : MailJob(desk)
{
    public const string Kind = "administrator-reset.stopped";

    /// <summary>Adds the work to the transaction of the event.</summary>
    public static void Enqueue(UnitOfWork work, AuditEvent stopped, RecoverableAccount to) =>
        work.Enqueue(Kind, $"{stopped.Id} {to.Id}");

    protected override async Task<ReadyMail?> PrepareAsync(OutboxEntry entry, CancellationToken cancellationToken)
    {
        var (id, toId) = (Guid.Parse(entry.Subject[..36]), entry.Subject[37..]);
        var stopped = await work
            .Context.Set<AuditEvent>()
            .AsNoTracking()
            .SingleOrDefaultAsync(e => e.Id == id, cancellationToken);
        if (
            stopped is not { AccountId: { } accountId, ActorId: { } actorId }
            || await accounts.FindAsync(accountId, cancellationToken) is not { } account
            || await accounts.FindAsync(toId, cancellationToken) is not { } to
            || await Desk.Told.RecipientAsync(entry, to, stopped.At, cancellationToken) is not { } recipient
        )
        {
            return null;
        }

        var by = await accounts.FindAsync(actorId, cancellationToken);
        return new(
            new RecoveryMail.AdministratorResetStopped(
                recipient,
                account.Email,
                by?.Email ?? actorId,
                account.Id == to.Id,
                stopped.At,
                new Requester(stopped.Network, stopped.Browser)
            ),
            $"{entry.Id:n}"
        )
        {
            Told = to,
        };
    }
}
