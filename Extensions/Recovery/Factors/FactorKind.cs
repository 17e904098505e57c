namespace IdP.Recovery.Factors;

/// <summary>What a person may prove themselves by. Failures are counted for each apart.</summary>
public enum FactorKind
{
    /// <summary>The password.</summary>
    Password,

    /// <summary>A one-time code of an authenticator app (RFC 6238).</summary>
    Totp,

    /// <summary>One of the saved recovery codes (SP 800-63B-4, 4.2.1.1).</summary>
    RecoveryCode,

    /// <summary>A passkey (WebAuthn).</summary>
    Passkey,
}
