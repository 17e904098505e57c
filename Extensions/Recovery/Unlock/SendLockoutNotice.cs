using IdP.Recovery.Addresses;
using IdP.Recovery.Ports;

namespace IdP.Recovery.Unlock;

/// <summary>
/// A job: tells the owner that repeated failures have locked the account (SP 800-63B-4, 4.6), with a link that
/// unlocks it.
/// </summary>
internal sealed class SendLockoutNotice(
    UnitOfWork work,
    IAccounts accounts,
    TellEveryAddress told,
    MailedLinks mailed,
    IRecoveryMailer mailer,
    IRecoveryLinks links,
    RecoveryMetrics metrics
) : IOutboxHandler
{
    public const string Kind = "lockout.notice";

    /// <summary>Adds the link and its work to the transaction of the lock.</summary>
    public static void Enqueue(UnitOfWork work, string accountId, RequestOrigin origin, TimeSpan lifetime) =>
        work.Enqueue(
            Kind,
            MailedLinks.Add(work, MailedLinkKind.Unlock, accountId, null, origin, lifetime).Id.ToString()
        );

    public async Task HandleAsync(OutboxEntry entry, CancellationToken cancellationToken)
    {
        var id = Guid.Parse(entry.Subject);
        if (
            await mailed.PrepareAsync(id, cancellationToken) is not var (link, token)
            || await accounts.FindAsync(link.AccountId, cancellationToken) is not { } account
            || await told.RecipientAsync(
                entry,
                account,
                link.At,
                cancellationToken,
                _ => MailedLinks.Copy(work, link).Id.ToString()
            )
                is not { } recipient
        )
        {
            return;
        }

        await mailer.SendAsync(
            new RecoveryMail.AccountLocked(
                recipient,
                link.At,
                account.LockedUntil ?? work.Now,
                link.Origin,
                links.OpenUnlock(token)
            ),
            id.ToString("n"),
            cancellationToken
        );
        metrics.Mailed(Kind);
        told.Sent(account);
        await mailed.SentAsync(id, cancellationToken);
    }
}
