using IdP.Recovery.Audit;
using IdP.Recovery.Enrollment;

namespace IdP.Recovery.MfaReset;

/// <summary>What an MFA reset removes. Remembered browsers and half-finished sign-ins always go.</summary>
[Flags]
public enum ResetFactors
{
    /// <summary>Nothing, which is no reset.</summary>
    None = 0,

    /// <summary>Authenticator apps.</summary>
    Totp = 1,

    /// <summary>Passkeys.</summary>
    Passkeys = 2,

    /// <summary>Saved recovery codes.</summary>
    RecoveryCodes = 4,

    /// <summary>All of them.</summary>
    All = Totp | Passkeys | RecoveryCodes,
}

/// <summary>What an administrator asks for in the dialog.</summary>
/// <param name="Factors">What is removed.</param>
/// <param name="Period">How long the person may sign in without a factor; null when one is enrolled at the next sign-in.</param>
/// <param name="Why">The reason, in the administrator's words; 1 to 500 characters.</param>
public sealed record MfaResetOrder(ResetFactors Factors, EnrollmentPeriod? Period, string Why)
{
    /// <summary>The longest reason, in characters.</summary>
    public const int MaxWhy = 500;

    /// <summary>The reason as it is kept, or null when there is none or it is too long.</summary>
    public static string? CleanWhy(string? why)
    {
        var clean = why?.Trim();
        return clean is { Length: > 0 and <= MaxWhy } && PlainText.Is(clean) ? clean : null;
    }

    internal string Described =>
        string.Join(
            ' ',
            new[]
            {
                (ResetFactors.Totp, AuditReasons.Totp),
                (ResetFactors.Passkeys, AuditReasons.Passkeys),
                (ResetFactors.RecoveryCodes, AuditReasons.RecoveryCodes),
            }
                .Where(f => Factors.HasFlag(f.Item1))
                .Select(f => f.Item2)
        );
}

/// <summary>Why an account's MFA cannot be reset by somebody.</summary>
public enum MfaResetRefusal
{
    /// <summary>It is one's own: that is done in the user portal, with a proof.</summary>
    Oneself,

    /// <summary>The actor may not manage that account.</summary>
    NotAllowed,

    /// <summary>It is the last administrator who could sign in.</summary>
    LastAdministrator,

    /// <summary>There is no such account any more.</summary>
    Gone,
}
