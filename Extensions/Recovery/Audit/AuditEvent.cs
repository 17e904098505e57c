using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdP.Recovery.Audit;

/// <summary>What happened, to whom, by whom and from where; a row of <c>RecoveryAuditEvents</c>, never changed.</summary>
public sealed class AuditEvent
{
    /// <summary>The event's id, which sorts by time.</summary>
    public Guid Id { get; init; }

    /// <summary>When, in UTC.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>One of <see cref="AuditEventTypes"/>.</summary>
    public required string Type { get; init; }

    /// <summary>The account it happened to; null when none was found.</summary>
    public string? AccountId { get; init; }

    /// <summary>Who did it: an account's id, or <c>command-line</c>; null for an anonymous request or a job.</summary>
    public string? ActorId { get; init; }

    /// <summary>The id of the reset request, session or outbox entry that it belongs to.</summary>
    public string? SubjectId { get; init; }

    /// <summary>The client's address.</summary>
    public string? Network { get; init; }

    /// <summary>The client's browser in words.</summary>
    public string? Browser { get; init; }

    /// <summary>A reason from a fixed list, for the events that have one.</summary>
    public string? Reason { get; init; }

    /// <summary>How the actor had proved who they are: RFC 8176 names, separated by spaces; at most 64 characters.</summary>
    public string? Proof { get; init; }

    /// <summary>Why, in the actor's own words; at most 500 characters.</summary>
    public string? Why { get; init; }
}

/// <summary>The types of audit events.</summary>
public static class AuditEventTypes
{
    /// <summary>Someone asked for a reset; <c>Reason</c> is <c>limit</c> when a limit held it.</summary>
    public const string ResetRequested = "password-reset.requested";

    /// <summary>No mail was sent; <c>Reason</c>: <c>unknown</c>, <c>audience</c>, <c>unconfirmed</c>, <c>suspended</c>, <c>superseded</c>, <c>late</c>.</summary>
    public const string ResetNotSent = "password-reset.not-sent";

    /// <summary>The mail server accepted the link.</summary>
    public const string ResetSent = "password-reset.sent";

    /// <summary>The link was opened in a browser for the first time.</summary>
    public const string ResetOpened = "password-reset.opened";

    /// <summary>A second factor was asked for and not given; <c>Reason</c> says why.</summary>
    public const string ResetGateRefused = "password-reset.gate-refused";

    /// <summary>The password was replaced.</summary>
    public const string ResetCompleted = "password-reset.completed";

    /// <summary>A one-time link was made outside mail; <c>Reason</c>: <c>set-up</c> or <c>break-glass</c>.</summary>
    public const string ResetIssued = "password-reset.issued";

    /// <summary>The owner changed the password, giving the current one.</summary>
    public const string PasswordChanged = "password.changed";

    /// <summary>The owner said 'this was not me': locked, sessions ended, a new reset begun.</summary>
    public const string NotMeReported = "password.not-me";

    /// <summary>Sessions and grants of an account were ended after a recovery.</summary>
    public const string AccessEnded = "access.ended";

    /// <summary>A session ended; the subject is the session, and <c>Reason</c> one of <see cref="AuditReasons"/>.</summary>
    public const string SessionEnded = "session.ended";

    /// <summary>Sign-in succeeded.</summary>
    public const string SignedIn = "sign-in.succeeded";

    /// <summary>Somebody signed in from a browser that the account had never been signed in from; the subject is the browser.</summary>
    public const string NewBrowser = "sign-in.new-browser";

    /// <summary>Sign-in failed; <c>Reason</c>: <c>unknown</c>, <c>password</c>, <c>locked</c>, <c>suspended</c>, <c>audience</c>, <c>factor</c>, <c>passkey</c>, <c>unconfirmed</c>, <c>enrollment</c>.</summary>
    public const string SignInFailed = "sign-in.failed";

    /// <summary>A second factor was enrolled; <c>Reason</c> is one of <see cref="AuditReasons"/>.</summary>
    public const string FactorAdded = "factor.added";

    /// <summary>A second factor was removed; <c>Reason</c> is one of <see cref="AuditReasons"/>.</summary>
    public const string FactorRemoved = "factor.removed";

    /// <summary>
    /// The key of an authenticator app that ASP.NET Core Identity kept was taken over; <c>Reason</c> is one of
    /// <see cref="AuditReasons"/>.
    /// </summary>
    public const string FactorTakenOver = "factor.taken-over";

    /// <summary>A second factor got another name; <c>Reason</c> is one of <see cref="AuditReasons"/>.</summary>
    public const string FactorRenamed = "factor.renamed";

    /// <summary>An administrator's reset replaced the authenticator keys, and dropped recovery codes.</summary>
    public const string FactorsRotated = "factors.rotated";

    /// <summary>A second factor was asked for and proved; <c>Reason</c> is one of <see cref="AuditReasons"/>.</summary>
    public const string FactorProved = "factor.proved";

    /// <summary>A proof of a second factor was refused; <c>Reason</c> is one of <see cref="AuditReasons"/>.</summary>
    public const string FactorRefused = "factor.refused";

    /// <summary>So many failures disabled a factor that it must be set up anew; <c>Reason</c> is one of <see cref="AuditReasons"/>.</summary>
    public const string FactorDisabled = "factor.disabled";

    /// <summary>A passkey was to be added and is not; <c>Reason</c> is one of <see cref="AuditReasons"/>.</summary>
    public const string PasskeyRefused = "passkey.refused";

    /// <summary>A passkey's counter went back, so that there may be a copy of it (WebAuthn 6.1.1).</summary>
    public const string PasskeyCopied = "passkey.copied";

    /// <summary>A new set of recovery codes was made.</summary>
    public const string RecoveryCodesCreated = "recovery-codes.created";

    /// <summary>A recovery code was used, and a fresh one stands in its place.</summary>
    public const string RecoveryCodeUsed = "recovery-code.used";

    /// <summary>A browser was remembered, so that it is not asked for a second factor.</summary>
    public const string BrowserRemembered = "browser.remembered";

    /// <summary>A lock was lifted; <c>Reason</c>: <c>mail</c> by its owner, <c>administrator</c>.</summary>
    public const string Unlocked = "account.unlocked";

    /// <summary>A reset request was made void; <c>Reason</c>: <c>proofs</c>, <c>stopped</c>, <c>withdrawn</c>.</summary>
    public const string ResetVoided = "password-reset.voided";

    /// <summary>Another administrator stopped a reset that was done: the account is closed.</summary>
    public const string ResetStopped = "password-reset.stopped";

    /// <summary>An administrator let another administrator's reset go on.</summary>
    public const string ResetApproved = "password-reset.approved";

    /// <summary>
    /// Repeated failures locked the account, or closed sign-in for an address that no account has; <c>Reason</c> is one of
    /// <see cref="AuditReasons"/>.
    /// </summary>
    public const string LockedOut = "account.locked";

    /// <summary>An administrator began work again that had been given up on; the subject is the outbox entry.</summary>
    public const string WorkRetried = "outbox.retried";

    /// <summary>
    /// The mail server took a notice; <c>Reason</c> is its kind in the outbox, such as <c>factor.notice</c>, and the
    /// subject what it tells of.
    /// </summary>
    public const string NoticeSent = "notice.sent";

    /// <summary>An enrollment period began; the subject is its end, and <c>Reason</c>: <c>policy</c>, <c>mfa-reset</c>, <c>administrator</c>.</summary>
    public const string EnrollmentStarted = "enrollment.started";

    /// <summary>An administrator extended an enrollment period, or began a new one after it; the subject is its end.</summary>
    public const string EnrollmentExtended = "enrollment.extended";

    /// <summary>A person was reminded to enroll.</summary>
    public const string EnrollmentReminded = "enrollment.reminded";

    /// <summary>An enrollment period ended without a second factor, and sign-in is closed.</summary>
    public const string EnrollmentExpired = "enrollment.expired";

    /// <summary>An administrator removed second factors; <c>Reason</c> says which: <c>totp</c>, <c>passkeys</c>, <c>recovery-codes</c>.</summary>
    public const string MfaReset = "mfa.reset";

    /// <summary>An MFA reset of a privileged account was asked for and waits for a second administrator.</summary>
    public const string MfaResetRequested = "mfa-reset.requested";

    /// <summary>A second administrator let an MFA reset go on.</summary>
    public const string MfaResetApproved = "mfa-reset.approved";

    /// <summary>An administrator declined an MFA reset that waited for an approval.</summary>
    public const string MfaResetDeclined = "mfa-reset.declined";

    /// <summary>An MFA reset of many people was begun; the subject is the batch.</summary>
    public const string BatchStarted = "mfa-reset.batch-started";

    /// <summary>An MFA reset of many people was stopped; the subject is the batch. <c>Reason</c>: <c>rights</c> where whoever ran it may not any more.</summary>
    public const string BatchStopped = "mfa-reset.batch-stopped";

    /// <summary>An MFA reset of many people went on after a stop; the subject is the batch.</summary>
    public const string BatchResumed = "mfa-reset.batch-resumed";

    /// <summary>An MFA reset of many people came to its end; the subject is the batch.</summary>
    public const string BatchEnded = "mfa-reset.batch-ended";

    /// <summary>Somebody downloaded what came of each person of an MFA reset of many; the subject is the batch.</summary>
    public const string BatchExported = "mfa-reset.batch-exported";

    /// <summary>Somebody took a list of accounts out as a file; the subject is the filter.</summary>
    public const string UsersExported = "users.exported";

    /// <summary>Roles of the console were given or taken; <c>Reason</c> says which an account has since.</summary>
    public const string RolesChanged = "roles.changed";

    /// <summary>An address was added, which counts once its code has come back; the subject is the address.</summary>
    public const string AddressAdded = "address.added";

    /// <summary>The code of an added address came back: it counts; the subject is the address.</summary>
    public const string AddressConfirmed = "address.confirmed";

    /// <summary>A further address was removed, its subject; <c>Reason</c>: <c>unconfirmed</c> where it never counted.</summary>
    public const string AddressRemoved = "address.removed";

    /// <summary>A confirmed address, the subject, became the account's own; the one before stays as a further one.</summary>
    public const string AddressChanged = "address.changed";

    /// <summary>An administrator suspended an account: its sessions and tokens end, and sign-in is closed.</summary>
    public const string AccountSuspended = "account.suspended";

    /// <summary>An administrator let a suspended account sign in again.</summary>
    public const string AccountActivated = "account.activated";

    /// <summary>An account was made.</summary>
    public const string AccountCreated = "account.created";

    /// <summary>Somebody made a new secret for an application, the subject.</summary>
    public const string ClientSecretRotated = "client.secret-rotated";

    /// <summary>Somebody took away what all people had granted to an application, the subject.</summary>
    public const string ClientConsentsRevoked = "client.consents-revoked";

    /// <summary>The declared applications were read in anew; the subject is how many were made, changed and removed.</summary>
    public const string ClientsApplied = "client.applied";

    /// <summary>Somebody made an endpoint, the subject, which follows what happens to credentials.</summary>
    public const string EndpointCreated = "endpoint.created";

    /// <summary>Somebody changed an endpoint, the subject.</summary>
    public const string EndpointChanged = "endpoint.changed";

    /// <summary>Somebody removed an endpoint, the subject.</summary>
    public const string EndpointRemoved = "endpoint.removed";

    /// <summary>Somebody paused the deliveries to an endpoint, the subject.</summary>
    public const string EndpointPaused = "endpoint.paused";

    /// <summary>Somebody let the deliveries to an endpoint, the subject, go on.</summary>
    public const string EndpointResumed = "endpoint.resumed";

    /// <summary>Somebody bound an account, or all of a role, to an endpoint, the subject.</summary>
    public const string EndpointBound = "endpoint.bound";

    /// <summary>Somebody ended a binding to an endpoint, the subject.</summary>
    public const string EndpointUnbound = "endpoint.unbound";

    /// <summary>Somebody sent again what had not reached an endpoint, the subject.</summary>
    public const string EndpointRetried = "endpoint.retried";

    /// <summary>An endpoint, the subject, held an account open that is closed here, or the other way round; it is sent again.</summary>
    public const string EndpointDrifted = "endpoint.drifted";

    /// <summary>A new key took the place of one by which tokens are signed; the subject is the new one.</summary>
    public const string KeysRotated = "keys.rotated";

    /// <summary>Somebody triggered, requeued or deleted jobs on the scheduler's dashboard; the subject is what they asked.</summary>
    public const string JobsChanged = "jobs.changed";

    /// <summary>Events past their retention were removed; the subject is the last of them, as <see cref="AuditMark"/>.</summary>
    public const string AuditPruned = "audit.pruned";

    /// <summary>Somebody took events out as a file; <c>Reason</c>: <c>csv</c>, <c>json-lines</c>; the subject is the filter.</summary>
    public const string AuditExported = "audit.exported";
}

internal sealed class AuditEventConfiguration : IEntityTypeConfiguration<AuditEvent>
{
    public void Configure(EntityTypeBuilder<AuditEvent> builder)
    {
        builder.ToTable("RecoveryAuditEvents");
        builder.Property(e => e.Type).HasMaxLength(64);
        builder.Property(e => e.AccountId).HasMaxLength(RecoverableAccount.MaxIdLength);
        builder.Property(e => e.ActorId).HasMaxLength(RecoverableAccount.MaxIdLength);
        builder.Property(e => e.SubjectId).HasMaxLength(RecoverableAccount.MaxIdLength);
        builder.Property(e => e.Network).HasMaxLength(Requester.MaxLength);
        builder.Property(e => e.Browser).HasMaxLength(Requester.MaxLength);
        builder.Property(e => e.Reason).HasMaxLength(32);
        builder.Property(e => e.Proof).HasMaxLength(64);
        builder.Property(e => e.Why).HasMaxLength(500);
        builder.HasIndex(e => new { e.AccountId, e.At });
        builder.HasIndex(e => e.At);
        builder.HasIndex(e => new { e.ActorId, e.Id });
        builder.HasIndex(e => new { e.Type, e.Id });
        builder.HasIndex(e => new { e.Type, e.At });
    }
}
