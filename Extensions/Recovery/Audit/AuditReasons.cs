using System.Collections.Frozen;
using IdP.Recovery.Ports;

namespace IdP.Recovery.Audit;

/// <summary>Why, in one word: the closed list of what stands in <see cref="AuditEvent.Reason"/>. Each has a text in every language.</summary>
public static class AuditReasons
{
    /// <summary>The password.</summary>
    public const string Password = "password";

    /// <summary>An authenticator app, or all of them.</summary>
    public const string Totp = "totp";

    /// <summary>A passkey.</summary>
    public const string Passkey = "passkey";

    /// <summary>A passkey on something that is carried from computer to computer, such as a security key.</summary>
    public const string RoamingPasskey = "passkey-roaming";

    /// <summary>Every passkey.</summary>
    public const string Passkeys = "passkeys";

    /// <summary>A saved recovery code.</summary>
    public const string RecoveryCode = "recovery-code";

    /// <summary>Every saved recovery code.</summary>
    public const string RecoveryCodes = "recovery-codes";

    /// <summary>A second factor that was wrong or is disabled.</summary>
    public const string Factor = "factor";

    /// <summary>It is not one of those that may be used.</summary>
    public const string NotAllowed = "not-allowed";

    /// <summary>No account has the address.</summary>
    public const string Unknown = "unknown";

    /// <summary>The address was never confirmed.</summary>
    public const string Unconfirmed = "unconfirmed";

    /// <summary>An administrator has suspended the account.</summary>
    public const string Suspended = "suspended";

    /// <summary>The account is locked.</summary>
    public const string Locked = "locked";

    /// <summary>The account belongs to the other portal.</summary>
    public const string WrongPortal = "audience";

    /// <summary>The time to enroll a factor is over.</summary>
    public const string Enrollment = "enrollment";

    /// <summary>A limit was reached; one event stands for all that follow.</summary>
    public const string Limit = "limit";

    /// <summary>A newer link is out.</summary>
    public const string Superseded = "superseded";

    /// <summary>The mail could not be sent in time.</summary>
    public const string Late = "late";

    /// <summary>No second factor was proved.</summary>
    public const string NoProof = "no-proof";

    /// <summary>The factor has failed too often to be looked at.</summary>
    public const string Closed = "closed";

    /// <summary>The proof does not hold.</summary>
    public const string Wrong = "wrong";

    /// <summary>Too many wrong proofs.</summary>
    public const string Proofs = "proofs";

    /// <summary>Another administrator has stopped it.</summary>
    public const string Stopped = "stopped";

    /// <summary>The one whom it is about has withdrawn it.</summary>
    public const string Withdrawn = "withdrawn";

    /// <summary>An administrator did it.</summary>
    public const string Administrator = "administrator";

    /// <summary>The owner did it by a mailed link.</summary>
    public const string Mail = "mail";

    /// <summary>The owner had said 'this was not me'.</summary>
    public const string NotMe = "not-me";

    /// <summary>The policy asks for it.</summary>
    public const string Policy = "policy";

    /// <summary>An MFA reset asks for it.</summary>
    public const string MfaReset = "mfa-reset";

    /// <summary>Whoever began it may not do so any more.</summary>
    public const string Rights = "rights";

    /// <summary>The first password of a new account.</summary>
    public const string SetUp = "set-up";

    /// <summary>Somebody with access to the command line.</summary>
    public const string BreakGlass = "break-glass";

    /// <summary>Nothing is left.</summary>
    public const string None = "none";

    /// <summary>As CSV.</summary>
    public const string Csv = "csv";

    /// <summary>As JSON lines.</summary>
    public const string JsonLines = "json-lines";

    /// <summary>The person signed out.</summary>
    public const string SignedOut = "signed-out";

    /// <summary>The owner ended it from the user portal.</summary>
    public const string EndedByOwner = "ended-by-owner";

    /// <summary>A credential of the account changed.</summary>
    public const string CredentialChanged = "credential-changed";

    /// <summary>The account was locked or suspended.</summary>
    public const string AccountClosed = "account-closed";

    /// <summary>All of them.</summary>
    public static IReadOnlySet<string> All { get; } =
        typeof(AuditReasons)
            .GetFields()
            .Where(f => f.IsLiteral)
            .Select(f => (string)f.GetRawConstantValue()!)
            .ToFrozenSet(StringComparer.Ordinal);

    /// <summary>What is audited of a factor.</summary>
    internal static string Of(Factors.FactorKind factor) =>
        factor switch
        {
            Factors.FactorKind.Password => Password,
            Factors.FactorKind.Totp => Totp,
            Factors.FactorKind.RecoveryCode => RecoveryCode,
            Factors.FactorKind.Passkey => Passkey,
            _ => throw new ArgumentOutOfRangeException(nameof(factor)),
        };

    /// <summary>Why a session ended.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The reason is none.</exception>
    public static string Of(SessionEndReason reason) =>
        reason switch
        {
            SessionEndReason.SignedOut => SignedOut,
            SessionEndReason.EndedByOwner => EndedByOwner,
            SessionEndReason.CredentialChanged => CredentialChanged,
            SessionEndReason.AccountClosed => AccountClosed,
            _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "Unknown reason."),
        };
}
