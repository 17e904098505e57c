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

    /// <summary>Repeated failures, or 'this was not me', have closed the account.</summary>
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

    /// <summary>Everything.</summary>
    All = PasswordChanged | Locked | Unlocked | Suspended | Activated | SessionsEnded | MfaReset,
}

/// <summary>Which audit events are such changes.</summary>
internal static class ChangeTable
{
    /// <summary>The change that an event is; none for most. A new password has a way of its own: it is at hand only once.</summary>
    public static CredentialChanges Of(AuditEvent audited) =>
        audited.Type switch
        {
            AuditEventTypes.LockedOut or AuditEventTypes.NotMeReported => CredentialChanges.Locked,
            AuditEventTypes.Unlocked => CredentialChanges.Unlocked,
            AuditEventTypes.AccountSuspended => CredentialChanges.Suspended,
            AuditEventTypes.AccountActivated => CredentialChanges.Activated,
            AuditEventTypes.MfaReset => CredentialChanges.MfaReset,
            AuditEventTypes.SessionEnded when audited.Reason == AuditReasons.EndedByOwner =>
                CredentialChanges.SessionsEnded,
            _ => CredentialChanges.None,
        };
}
