using IdP.Recovery.Ports;

namespace IdP.Recovery.Lockout;

/// <summary>
/// A job: tells the owner that repeated failures have locked the account (SP 800-63B-4, 4.6), with a link that
/// unlocks it.
/// </summary>
internal sealed class SendLockoutNotice(
    UnitOfWork work,
    IAccounts accounts,
    MailedLinks mailed,
    IRecoveryLinks links,
    MailDesk desk
) : LinkNotice(work, accounts, mailed, desk)
{
    public const string Kind = "lockout.notice";

    /// <summary>Adds the link and its work to the transaction of the lock.</summary>
    public static void Enqueue(UnitOfWork work, string accountId, Requester requester, TimeSpan lifetime) =>
        work.Enqueue(
            Kind,
            MailedLinks.Add(work, MailedLinkKind.Unlock, accountId, null, requester, lifetime).Id.ToString()
        );

    protected override Task<Func<MailRecipient, RecoveryMail>?> ComposeAsync(
        MailedLink link,
        string token,
        RecoverableAccount account,
        CancellationToken cancellationToken
    ) =>
        Task.FromResult<Func<MailRecipient, RecoveryMail>?>(
            // Where only a new password or an administrator opens the account, a link that unlocks would promise too much.
            account.ClosedUntilReset || account.Suspended
                ? null
                : recipient => new RecoveryMail.AccountLocked(
                    recipient,
                    link.At,
                    account.LockedUntil ?? Work.Now,
                    link.Requester,
                    links.OpenUnlock(token)
                )
        );
}
