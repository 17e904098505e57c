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
    public string? Client { get; init; }

    /// <summary>A reason from a fixed list, for the events that have one.</summary>
    public string? Reason { get; init; }
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

    /// <summary>Sign-in succeeded.</summary>
    public const string SignedIn = "sign-in.succeeded";

    /// <summary>Sign-in failed; <c>Reason</c>: <c>unknown</c>, <c>password</c>, <c>locked</c>, <c>suspended</c>, <c>audience</c>, <c>factor</c>.</summary>
    public const string SignInFailed = "sign-in.failed";

    /// <summary>Repeated failures locked the account.</summary>
    public const string LockedOut = "account.locked";

    /// <summary>An administrator began work again that had been given up on; the subject is the outbox entry.</summary>
    public const string WorkRetried = "outbox.retried";

    /// <summary>An account was made.</summary>
    public const string AccountCreated = "account.created";
}
