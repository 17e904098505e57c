using System.Globalization;
using IdP.Recovery.Factors;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Lockout;

/// <summary>A lock, as its mail tells it.</summary>
/// <param name="Factor">What has failed.</param>
/// <param name="Until">When it ends by itself.</param>
/// <param name="InKnownBrowser">Whether it holds in one browser that the account knows; else in all that it does not.</param>
/// <param name="InSession">Whether it was somebody who was signed in.</param>
internal sealed record ToldLock(FactorKind Factor, DateTimeOffset Until, bool InKnownBrowser, bool InSession)
{
    private const string Known = "known";
    private const string Other = "other";
    private const string Session = "session";
    private const string SignIn = "sign-in";

    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Factor}/{(InKnownBrowser ? Known : Other)}/{(InSession ? Session : SignIn)}/{Until.ToUnixTimeMilliseconds()}"
        );

    public static ToldLock Read(string text) =>
        text.Split('/') is [var factor, var browser, var session, var until]
            ? new(
                Enum.Parse<FactorKind>(factor),
                DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(until, CultureInfo.InvariantCulture)),
                browser == Known,
                session == Session
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

    protected override async Task<Func<MailRecipient, RecoveryMail>?> ComposeAsync(
        MailedLink link,
        string? token,
        RecoverableAccount account,
        CancellationToken cancellationToken
    )
    {
        // Where only a new password or an administrator opens the account, a link that unlocks would promise too much.
        if (account.ClosedUntilReset || account.Suspended)
        {
            return null;
        }

        var told = ToldLock.Read(link.SubjectId!);
        var reach =
            told.InKnownBrowser ? LockReach.OneKnownBrowser
            : await Work.Context.Set<KnownBrowser>().AnyAsync(b => b.AccountId == account.Id, cancellationToken)
                ? LockReach.OtherBrowsers
            : LockReach.Everywhere;
        return recipient => new RecoveryMail.AccountLocked(
            recipient,
            told.Factor,
            told.InSession,
            link.At,
            told.Until,
            reach,
            link.Requester,
            token is null ? null : links.OpenUnlock(token),
            links.ForgotPassword(account.Audience)
        );
    }
}
