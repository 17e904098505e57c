using System.Globalization;
using IdP.Recovery.Factors;
using IdP.Recovery.Ports;

namespace IdP.Recovery.Lockout;

/// <summary>A lock, as its mail tells it.</summary>
/// <param name="Factor">What has failed.</param>
/// <param name="Until">When it ends by itself.</param>
/// <param name="InKnownBrowser">Whether it holds in one browser that the account knows; else in all that it does not.</param>
internal sealed record ToldLock(FactorKind Factor, DateTimeOffset Until, bool InKnownBrowser)
{
    private const string Known = "known";
    private const string Other = "other";

    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Factor}/{(InKnownBrowser ? Known : Other)}/{Until.ToUnixTimeMilliseconds()}"
        );

    public static ToldLock Read(string text) =>
        text.Split('/') is [var factor, var browser, var until]
            ? new(
                Enum.Parse<FactorKind>(factor),
                DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(until, CultureInfo.InvariantCulture)),
                browser == Known
            )
            : throw new FormatException("This is no lock.");
}

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
    public static void Enqueue(
        UnitOfWork work,
        string accountId,
        ToldLock told,
        Requester requester,
        TimeSpan lifetime
    ) =>
        work.Enqueue(
            Kind,
            MailedLinks.Add(work, MailedLinkKind.Unlock, accountId, told.ToString(), requester, lifetime).Id.ToString()
        );

    // A lock is told however late: then without a link that would not work.
    protected override bool TellsWithoutLink => true;

    protected override Task<Func<MailRecipient, RecoveryMail>?> ComposeAsync(
        MailedLink link,
        string? token,
        RecoverableAccount account,
        CancellationToken cancellationToken
    )
    {
        var told = ToldLock.Read(link.SubjectId!);
        return Task.FromResult<Func<MailRecipient, RecoveryMail>?>(
            // Where only a new password or an administrator opens the account, a link that unlocks would promise too much.
            account.ClosedUntilReset || account.Suspended
                ? null
                : recipient => new RecoveryMail.AccountLocked(
                    recipient,
                    told.Factor,
                    link.At,
                    told.Until,
                    told.InKnownBrowser,
                    link.Requester,
                    token is null ? null : links.OpenUnlock(token),
                    links.ForgotPassword(account.Audience)
                )
        );
    }
}
