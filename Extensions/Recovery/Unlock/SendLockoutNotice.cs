using IdP.Recovery.Audit;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Unlock;

/// <summary>A job: tells the owner that repeated failures have locked the account (SP 800-63B-4, 4.6).</summary>
internal sealed class SendLockoutNotice(UnitOfWork work, IAccounts accounts, IRecoveryMailer mailer)
    : IOutboxHandler
{
    public const string Kind = "lockout.notice";

    /// <summary>Adds the work to the transaction of the lock; what is told stands in the audit event.</summary>
    public static void Enqueue(UnitOfWork work, AuditEvent locked) =>
        work.Enqueue(Kind, locked.Id.ToString());

    public async Task HandleAsync(OutboxEntry entry, CancellationToken cancellationToken)
    {
        var id = Guid.Parse(entry.Subject);
        var locked = await work
            .Context.Set<AuditEvent>()
            .AsNoTracking()
            .SingleOrDefaultAsync(e => e.Id == id, cancellationToken);
        if (
            locked?.AccountId is null
            || await accounts.FindAsync(locked.AccountId, cancellationToken)
                is not { EmailConfirmed: true, LockedUntil: { } until } account
        )
        {
            return;
        }

        await mailer.SendAsync(
            new RecoveryMail.AccountLocked(
                account.Recipient,
                locked.At,
                until,
                new RequestOrigin(locked.Network, locked.Client)
            ),
            id.ToString("n"),
            cancellationToken
        );
    }
}
