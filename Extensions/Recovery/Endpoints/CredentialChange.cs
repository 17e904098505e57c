using IdP.Recovery.Audit;

namespace IdP.Recovery.Endpoints;

/// <summary>What happened to an account that the services it is bound to must follow.</summary>
[Flags]
public enum CredentialChanges
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The password was reset or changed.</summary>
    PasswordChanged = 1,

    /// <summary>
    /// Repeated failures have locked the account for a while. Security: threat 12. Strangers can bring that about, so that
    /// a service follows it only where an administrator wants it to.
    /// </summary>
    Locked = 2,

    /// <summary>The lock has ended: by its owner, an administrator or time.</summary>
    Unlocked = 4,

    /// <summary>An administrator has suspended the account.</summary>
    Suspended = 8,

    /// <summary>A suspended account signs in again.</summary>
    Activated = 16,

    /// <summary>The owner has ended sessions from elsewhere.</summary>
    SessionsEnded = 32,

    /// <summary>An administrator has removed the second factors.</summary>
    MfaReset = 64,

    /// <summary>The owner has said 'this was not me': the account is closed until its password is reset.</summary>
    Closed = 128,

    /// <summary>Everything that closes an account or opens it.</summary>
    Closing = Locked | Unlocked | Suspended | Activated | Closed,

    /// <summary>Everything.</summary>
    All = PasswordChanged | SessionsEnded | MfaReset | Closing,

    /// <summary>Everything but what strangers can bring about.</summary>
    Usual = All & ~Locked,
}

/// <summary>Which audit events are such changes.</summary>
internal static class ChangeTable
{
    /// <summary>The change that an event is; none for most. A new password has a way of its own: it is at hand only once.</summary>
    public static CredentialChanges Of(AuditEvent audited) =>
        audited.Type switch
        {
            AuditEventTypes.LockedOut => CredentialChanges.Locked,
            AuditEventTypes.NotMeReported => CredentialChanges.Closed,
            AuditEventTypes.Unlocked => CredentialChanges.Unlocked,
            AuditEventTypes.AccountSuspended => CredentialChanges.Suspended,
            AuditEventTypes.AccountActivated => CredentialChanges.Activated,
            AuditEventTypes.MfaReset => CredentialChanges.MfaReset,
            AuditEventTypes.SessionEnded when audited.Reason == AuditReasons.EndedByOwner =>
                CredentialChanges.SessionsEnded,
            _ => CredentialChanges.None,
        };
}
