using System.Text.Json.Nodes;
using IdP.Recovery.Audit;

namespace IdentityProvider.SharedSignals;

/// <summary>What is told of an audit event.</summary>
/// <param name="EventType">The event type's address.</param>
/// <param name="Content">The event's own content.</param>
/// <param name="OfSession">Whether its subject is one session of the account, not the account.</param>
internal sealed record Signal(string EventType, JsonObject Content, bool OfSession = false);

/// <summary>
/// Which audit events are told to receivers, and as what (CAEP 1.0, RISC 1.0). Nothing is told of a lockout: the
/// vocabulary has no word for it.
/// </summary>
internal static class SignalTable
{
    public const string Verification = "https://schemas.openid.net/secevent/ssf/event-type/verification";
    public const string CredentialChange = Caep + "credential-change";
    public const string SessionRevoked = Caep + "session-revoked";
    public const string AccountDisabled = Risc + "account-disabled";
    public const string AccountEnabled = Risc + "account-enabled";
    public const string RecoveryActivated = Risc + "recovery-activated";
    public const string RecoveryInformationChanged = Risc + "recovery-information-changed";

    private const string Caep = "https://schemas.openid.net/secevent/caep/event-type/";
    private const string Risc = "https://schemas.openid.net/secevent/risc/event-type/";

    /// <summary>Every event type that a stream can carry beside the verification.</summary>
    public static readonly string[] Supported =
    [
        CredentialChange,
        SessionRevoked,
        AccountDisabled,
        AccountEnabled,
        RecoveryActivated,
        RecoveryInformationChanged,
    ];

    /// <summary>The audit events in whose wake sessions end as <c>credential-changed</c>.</summary>
    public static readonly string[] EndingSessions =
    [
        AuditEventTypes.ResetCompleted,
        AuditEventTypes.PasswordChanged,
        AuditEventTypes.NotMeReported,
        AuditEventTypes.AddressChanged,
    ];

    private const string RoamingPasskey = "passkey-roaming";

    /// <summary>What is told of an audit event; null when nothing is.</summary>
    public static Signal? Of(AuditEvent cause) =>
        (cause.Type, cause.Reason) switch
        {
            (AuditEventTypes.ResetCompleted, _) => Credential(cause, "password", "update", "The password was reset."),
            (AuditEventTypes.PasswordChanged, _) => Credential(
                cause,
                "password",
                "update",
                "The password was changed."
            ),
            (AuditEventTypes.FactorAdded, AuditReasons.Totp) => Credential(
                cause,
                "app",
                "create",
                "An authenticator app was set up."
            ),
            (AuditEventTypes.FactorRemoved, AuditReasons.Totp) => Credential(
                cause,
                "app",
                "delete",
                "An authenticator app was removed."
            ),
            (AuditEventTypes.FactorAdded, AuditReasons.Passkey) => Credential(
                cause,
                "fido2-platform",
                "create",
                "A passkey was added."
            ),
            (AuditEventTypes.FactorRemoved, AuditReasons.Passkey) => Credential(
                cause,
                "fido2-platform",
                "delete",
                "A passkey was removed."
            ),
            (AuditEventTypes.FactorAdded, RoamingPasskey) => Credential(
                cause,
                "fido2-roaming",
                "create",
                "A security key was added."
            ),
            (AuditEventTypes.FactorRemoved, RoamingPasskey) => Credential(
                cause,
                "fido2-roaming",
                "delete",
                "A security key was removed."
            ),
            (AuditEventTypes.FactorsRotated, _) => Credential(
                cause,
                "app",
                "delete",
                "An administrator's reset dropped the authenticator apps.",
                "policy"
            ),
            // Not of one that waits for its code, nor of its end: it has changed nothing.
            (AuditEventTypes.AddressConfirmed or AuditEventTypes.AddressChanged, _)
            or (AuditEventTypes.AddressRemoved, null) => new(RecoveryInformationChanged, []),
            (AuditEventTypes.RecoveryCodesCreated or AuditEventTypes.RecoveryCodeUsed, _) => new(
                RecoveryInformationChanged,
                []
            ),
            (AuditEventTypes.SessionEnded, AuditReasons.SignedOut) => Session(cause, "user", "The person signed out."),
            (AuditEventTypes.SessionEnded, AuditReasons.EndedByOwner) => Session(
                cause,
                "user",
                "The person ended the session."
            ),
            (AuditEventTypes.SessionEnded, AuditReasons.CredentialChanged) => Session(
                cause,
                "policy",
                "A credential of the account changed."
            ),
            (AuditEventTypes.SessionEnded, AuditReasons.AccountClosed) => Session(
                cause,
                "admin",
                "The account was closed."
            ),
            (AuditEventTypes.AccountSuspended, _) => new(AccountDisabled, []),
            (AuditEventTypes.AccountActivated, _) => new(AccountEnabled, []),

            // Not when the mail is asked for, which anybody can do for anybody.
            (AuditEventTypes.ResetOpened, _) => new(RecoveryActivated, []),
            _ => null,
        };

    private static Signal Credential(
        AuditEvent cause,
        string credential,
        string change,
        string reason,
        string? initiator = null
    )
    {
        var content = Caused(
            cause,
            initiator ?? (cause.ActorId is null || cause.ActorId == cause.AccountId ? "user" : "admin"),
            reason
        );
        content["credential_type"] = credential;
        content["change_type"] = change;
        return new(CredentialChange, content);
    }

    private static Signal Session(AuditEvent cause, string initiator, string reason) =>
        new(SessionRevoked, Caused(cause, initiator, reason), OfSession: true);

    private static JsonObject Caused(AuditEvent cause, string initiator, string reason) =>
        new()
        {
            ["initiating_entity"] = initiator,
            ["reason_admin"] = new JsonObject { ["en"] = reason },
            ["event_timestamp"] = cause.At.ToUnixTimeSeconds(),
        };
}
