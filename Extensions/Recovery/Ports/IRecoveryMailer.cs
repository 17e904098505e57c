namespace IdP.Recovery.Ports;

/// <summary>Port: hands a mail to the mail server. A host supplies it.</summary>
public interface IRecoveryMailer
{
    /// <summary>
    /// Returns once the server has accepted the mail, and throws when it has not; the outbox then tries again.
    /// </summary>
    /// <param name="mail">What to say and to whom.</param>
    /// <param name="messageId">
    /// The left part of the Message-ID: the same at every try, so that a mailbox can drop a doublet.
    /// </param>
    /// <param name="cancellationToken">Ends the try, which then counts as failed.</param>
    Task SendAsync(RecoveryMail mail, string messageId, CancellationToken cancellationToken);
}

/// <summary>To whom a mail goes, and in which language and zone it speaks.</summary>
/// <param name="Address">The address as the account keeps it.</param>
/// <param name="DisplayName">The person's name, if the account has one.</param>
/// <param name="Language">A BCP 47 tag such as <c>de</c>; null for the host's default.</param>
/// <param name="TimeZone">An IANA zone such as <c>Europe/Berlin</c>; null for UTC.</param>
public sealed record MailRecipient(string Address, string? DisplayName, string? Language, string? TimeZone);

/// <summary>Everything this plugin ever mails: a closed set.</summary>
/// <param name="To">The recipient.</param>
public abstract record RecoveryMail(MailRecipient To)
{
    /// <summary>The link to choose a new password.</summary>
    /// <param name="To">The recipient.</param>
    /// <param name="Link">Carries the token.</param>
    /// <param name="ExpiresAt">When the link stops working.</param>
    /// <param name="RequestedAt">When it was asked for.</param>
    /// <param name="From">Who asked, in words a person can check.</param>
    /// <param name="Audience">Which portal the account belongs to.</param>
    public sealed record PasswordResetLink(
        MailRecipient To,
        Uri Link,
        DateTimeOffset ExpiresAt,
        DateTimeOffset RequestedAt,
        Requester From,
        Audience Audience
    ) : RecoveryMail(To);

    /// <summary>The link with which the owner of a new account chooses a first password.</summary>
    /// <param name="To">The recipient.</param>
    /// <param name="Link">Carries the token.</param>
    /// <param name="ExpiresAt">When the link stops working.</param>
    public sealed record AccountSetUpLink(MailRecipient To, Uri Link, DateTimeOffset ExpiresAt) : RecoveryMail(To);

    /// <summary>Tells that the password was changed (SP 800-63B-4, 4.6).</summary>
    /// <param name="To">The recipient.</param>
    /// <param name="From">From where, in words a person can check.</param>
    /// <param name="NotMeLink">Leads to 'this was not me'; carries a token.</param>
    /// <param name="NotMeExpiresAt">When that link stops working.</param>
    public sealed record PasswordChanged(
        MailRecipient To,
        DateTimeOffset ChangedAt,
        Requester From,
        Uri NotMeLink,
        DateTimeOffset NotMeExpiresAt
    ) : RecoveryMail(To);

    /// <summary>Tells that sign-in is blocked after repeated failures, with a link that ends the block.</summary>
    /// <param name="To">The recipient.</param>
    /// <param name="Factor">What has failed; where it is not the password, somebody knew that or was signed in.</param>
    /// <param name="InSession">Whether it was somebody who was signed in.</param>
    /// <param name="LockedAt">When the lock began.</param>
    /// <param name="LockedUntil">When it ends by itself.</param>
    /// <param name="Reach">Where it holds.</param>
    /// <param name="From">From where the last try came.</param>
    /// <param name="UnlockLink">Leads to the unlocking; carries a token. Null where the mail leaves too late for it.</param>
    /// <param name="ResetPage">Where a new password is asked for; carries no token.</param>
    public sealed record AccountLocked(
        MailRecipient To,
        Factors.FactorKind Factor,
        bool InSession,
        DateTimeOffset LockedAt,
        DateTimeOffset LockedUntil,
        LockReach Reach,
        Requester From,
        Uri? UnlockLink,
        Uri ResetPage
    ) : RecoveryMail(To);

    /// <summary>Tells what happened to the ways in which a person proves who they are (SP 800-63B-4, 4.6).</summary>
    /// <param name="To">The recipient.</param>
    /// <param name="Change">What happened.</param>
    /// <param name="From">From where, in words a person can check.</param>
    /// <param name="Mend">Where it is set right; carries no token. Null where there is nothing to do.</param>
    public sealed record FactorChanged(
        MailRecipient To,
        FactorChange Change,
        DateTimeOffset At,
        Requester From,
        Uri? Mend = null
    ) : RecoveryMail(To);

    /// <summary>Tells someone who asked under the other portal's link which one to use.</summary>
    /// <param name="To">The recipient.</param>
    /// <param name="Audience">Which portal the account belongs to.</param>
    /// <param name="RequestPage">Where to ask; carries no token.</param>
    /// <param name="RequestedAt">When it was asked for.</param>
    /// <param name="From">Who asked, in words a person can check.</param>
    public sealed record OtherPortalReset(
        MailRecipient To,
        Audience Audience,
        Uri RequestPage,
        DateTimeOffset RequestedAt,
        Requester From
    ) : RecoveryMail(To);

    /// <summary>Tells an administrator that another administrator's reset is pending.</summary>
    /// <param name="To">The recipient.</param>
    /// <param name="Administrator">Whose password is to be reset: the address.</param>
    /// <param name="RequestedAt">When it was asked for.</param>
    /// <param name="From">Who asked, in words a person can check.</param>
    /// <param name="StopLink">Stops it; carries a token.</param>
    /// <param name="ApproveLink">Leads to the approval in the console; null where none is asked for.</param>
    /// <param name="Until">When the request ends by itself.</param>
    public sealed record AdministratorResetPending(
        MailRecipient To,
        string Administrator,
        DateTimeOffset RequestedAt,
        Requester From,
        Uri StopLink,
        Uri? ApproveLink,
        DateTimeOffset Until
    ) : RecoveryMail(To);

    /// <summary>Tells an administrator that another administrator's reset is done.</summary>
    /// <param name="To">The recipient.</param>
    /// <param name="Administrator">Whose password was reset: the address.</param>
    /// <param name="From">Who set the password, in words a person can check.</param>
    /// <param name="StopLink">Closes the account; carries a token.</param>
    /// <param name="Until">When that link stops working.</param>
    public sealed record AdministratorResetDone(
        MailRecipient To,
        string Administrator,
        DateTimeOffset At,
        Requester From,
        Uri StopLink,
        DateTimeOffset Until
    ) : RecoveryMail(To);

    /// <summary>Tells that an administrator's account was closed after its reset.</summary>
    /// <param name="To">Another administrator, or the one whose account it is.</param>
    /// <param name="Administrator">Whose account: the address.</param>
    /// <param name="StoppedBy">Who closed it: the address.</param>
    /// <param name="Own">Whether it is the recipient's own.</param>
    /// <param name="From">From where, in words a person can check.</param>
    public sealed record AdministratorResetStopped(
        MailRecipient To,
        string Administrator,
        string StoppedBy,
        bool Own,
        DateTimeOffset At,
        Requester From
    ) : RecoveryMail(To);

    /// <summary>Tells an administrator that the reset of their own password waits for another one's approval.</summary>
    /// <param name="To">The recipient.</param>
    /// <param name="RequestedAt">When it was asked for.</param>
    /// <param name="From">Who asked, in words a person can check.</param>
    /// <param name="Until">When it ends by itself, unapproved.</param>
    /// <param name="Hold">How long after the approval its link is mailed.</param>
    /// <param name="CancelLink">Withdraws it; carries a token.</param>
    public sealed record AdministratorResetWaiting(
        MailRecipient To,
        DateTimeOffset RequestedAt,
        Requester From,
        DateTimeOffset Until,
        TimeSpan Hold,
        Uri CancelLink
    ) : RecoveryMail(To);

    /// <summary>Tells of the period in which a person may sign in without a second factor.</summary>
    /// <param name="To">The recipient.</param>
    /// <param name="News">What there is to tell.</param>
    /// <param name="EndsAt">When the period ends or has ended.</param>
    /// <param name="EnrollLink">Leads to the enrollment, after a sign-in; carries no token.</param>
    public sealed record Enrollment(MailRecipient To, EnrollmentNews News, DateTimeOffset EndsAt, Uri EnrollLink)
        : RecoveryMail(To);

    /// <summary>The code that confirms a new address of an account. Goes to somebody who may not have asked.</summary>
    /// <param name="To">The recipient, without a name.</param>
    /// <param name="Code">Six digits.</param>
    /// <param name="ExpiresAt">When the code stops working.</param>
    /// <param name="RequestedAt">When it was asked for.</param>
    /// <param name="From">Who asked, in words a person can check.</param>
    public sealed record AddressCode(
        MailRecipient To,
        string Code,
        DateTimeOffset ExpiresAt,
        DateTimeOffset RequestedAt,
        Requester From
    ) : RecoveryMail(To);

    /// <summary>Tells the owner of an address that somebody wanted to add it to another account, which cannot be.</summary>
    /// <param name="To">The recipient.</param>
    /// <param name="RequestedAt">When it was asked for.</param>
    /// <param name="From">Who asked, in words a person can check.</param>
    public sealed record AddressTaken(MailRecipient To, DateTimeOffset RequestedAt, Requester From) : RecoveryMail(To);

    /// <summary>Tells what happened to the addresses of an account (SP 800-63B-4, 4.6).</summary>
    /// <param name="To">The recipient.</param>
    /// <param name="Change">What happened.</param>
    /// <param name="Address">To which address.</param>
    /// <param name="From">From where, in words a person can check.</param>
    /// <param name="AddressesLink">Leads to the account's addresses, after a sign-in; carries no token.</param>
    public sealed record AddressChanged(
        MailRecipient To,
        AddressChange Change,
        string Address,
        DateTimeOffset At,
        Requester From,
        Uri AddressesLink
    ) : RecoveryMail(To);

    /// <summary>Tells an administrator that the MFA reset of another one waits for approval.</summary>
    /// <param name="To">An administrator who could approve it.</param>
    /// <param name="Administrator">Whose MFA: an address.</param>
    /// <param name="AskedBy">Who asked: an address.</param>
    /// <param name="Until">When it ends by itself.</param>
    /// <param name="DecideLink">Leads to the approval in the console.</param>
    public sealed record MfaResetPending(
        MailRecipient To,
        string Administrator,
        string AskedBy,
        DateTimeOffset RequestedAt,
        DateTimeOffset Until,
        Uri DecideLink
    ) : RecoveryMail(To);

    /// <summary>Tells the one whose MFA it is that a reset of it waits for a second administrator.</summary>
    /// <param name="To">Whose MFA.</param>
    /// <param name="AskedBy">Who asked: an address.</param>
    /// <param name="Until">When it ends by itself.</param>
    /// <param name="ObjectLink">Ends it; works once.</param>
    public sealed record MfaResetWaiting(
        MailRecipient To,
        string AskedBy,
        DateTimeOffset RequestedAt,
        DateTimeOffset Until,
        Uri ObjectLink
    ) : RecoveryMail(To);

    /// <summary>Tells who asked for an MFA reset that another administrator has declined it.</summary>
    /// <param name="To">Who asked.</param>
    /// <param name="Administrator">Whose MFA: an address.</param>
    /// <param name="DeclinedBy">Who declined it: an address.</param>
    public sealed record MfaResetDeclined(MailRecipient To, string Administrator, string DeclinedBy, DateTimeOffset At)
        : RecoveryMail(To);

    /// <summary>Tells of services that have not taken a new password.</summary>
    /// <param name="To">The recipient.</param>
    /// <param name="ChangedAt">When the password was changed.</param>
    /// <param name="Waiting">Those that the next sign-in reaches, by name.</param>
    /// <param name="Failed">Those that refused it, or could not be reached for a day.</param>
    /// <param name="ServicesLink">Leads to how each stands, after a sign-in; carries no token.</param>
    public sealed record ServicesBehind(
        MailRecipient To,
        DateTimeOffset ChangedAt,
        IReadOnlyList<string> Waiting,
        IReadOnlyList<string> Failed,
        Uri ServicesLink
    ) : RecoveryMail(To);

    /// <summary>Tells that an administrator has removed the second factors.</summary>
    /// <param name="To">The recipient.</param>
    /// <param name="EnrollUntil">Until when sign-in works without one; null where one is enrolled at the next sign-in.</param>
    /// <param name="MustEnroll">Whether a new one is asked for.</param>
    /// <param name="EnrollLink">Leads to the enrollment, after a sign-in; carries no token.</param>
    public sealed record MfaReset(
        MailRecipient To,
        DateTimeOffset At,
        DateTimeOffset? EnrollUntil,
        bool MustEnroll,
        Uri EnrollLink
    ) : RecoveryMail(To);
}

/// <summary>Where a lock holds.</summary>
public enum LockReach
{
    /// <summary>In every browser: the account knows none.</summary>
    Everywhere,

    /// <summary>In all but those in which the owner has signed in before.</summary>
    OtherBrowsers,

    /// <summary>In one of those.</summary>
    OneKnownBrowser,
}

/// <summary>What there is to tell of an enrollment period.</summary>
public enum EnrollmentNews
{
    /// <summary>It has begun.</summary>
    Started,

    /// <summary>It was extended.</summary>
    Extended,

    /// <summary>It runs out.</summary>
    Reminder,

    /// <summary>It is over, and sign-in is closed.</summary>
    Expired,
}

/// <summary>What happened to an address.</summary>
public enum AddressChange
{
    /// <summary>It was added, and its code has come back.</summary>
    Confirmed,

    /// <summary>It was removed.</summary>
    Removed,

    /// <summary>It became the account's own, under which its owner signs in.</summary>
    MadePrimary,
}

/// <summary>What happened to a factor.</summary>
public enum FactorChange
{
    /// <summary>An authenticator app was enrolled.</summary>
    TotpAdded,

    /// <summary>An authenticator app was removed.</summary>
    TotpRemoved,

    /// <summary>A passkey was added.</summary>
    PasskeyAdded,

    /// <summary>A passkey was removed.</summary>
    PasskeyRemoved,

    /// <summary>A passkey's counter went back: there may be a copy of it.</summary>
    PasskeyCopied,

    /// <summary>A factor got another name.</summary>
    Renamed,

    /// <summary>An authenticator app that ASP.NET Core Identity knew is kept here now.</summary>
    TakenOver,

    /// <summary>A new set of recovery codes was made; the one before is worthless.</summary>
    RecoveryCodesCreated,

    /// <summary>A recovery code was used.</summary>
    RecoveryCodeUsed,

    /// <summary>An administrator's reset replaced the authenticator key.</summary>
    Rotated,

    /// <summary>The password was right and the second factor was not (OWASP Multifactor Authentication).</summary>
    ProofFailed,

    /// <summary>A factor has failed so often that it must be set up anew.</summary>
    Disabled,

    /// <summary>The password has failed so often that only a new one signs in.</summary>
    PasswordDisabled,
}
