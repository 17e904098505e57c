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
public sealed record MailRecipient(
    string Address,
    string? DisplayName,
    string? Language,
    string? TimeZone
);

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
        RequestOrigin From,
        Audience Audience
    ) : RecoveryMail(To);

    /// <summary>The link with which the owner of a new account chooses a first password.</summary>
    /// <param name="To">The recipient.</param>
    /// <param name="Link">Carries the token.</param>
    /// <param name="ExpiresAt">When the link stops working.</param>
    public sealed record AccountSetUpLink(MailRecipient To, Uri Link, DateTimeOffset ExpiresAt)
        : RecoveryMail(To);

    /// <summary>Tells that the password was changed (SP 800-63B-4, 4.6).</summary>
    /// <param name="To">The recipient.</param>
    /// <param name="ChangedAt">When.</param>
    /// <param name="From">From where, in words a person can check.</param>
    /// <param name="NotMeLink">Leads to 'this was not me'; carries a token.</param>
    /// <param name="NotMeExpiresAt">When that link stops working.</param>
    public sealed record PasswordChanged(
        MailRecipient To,
        DateTimeOffset ChangedAt,
        RequestOrigin From,
        Uri NotMeLink,
        DateTimeOffset NotMeExpiresAt
    ) : RecoveryMail(To);

    /// <summary>Tells that sign-in is blocked after repeated failures.</summary>
    /// <param name="To">The recipient.</param>
    /// <param name="LockedAt">When the lock began.</param>
    /// <param name="LockedUntil">When it ends by itself.</param>
    /// <param name="From">From where the last try came.</param>
    public sealed record AccountLocked(
        MailRecipient To,
        DateTimeOffset LockedAt,
        DateTimeOffset LockedUntil,
        RequestOrigin From
    ) : RecoveryMail(To);
}
