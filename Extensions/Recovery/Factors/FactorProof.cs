namespace IdP.Recovery.Factors;

/// <summary>What a person brings to prove a second factor.</summary>
public abstract record FactorProof
{
    private FactorProof() { }

    /// <summary>A code of an authenticator app.</summary>
    public sealed record Totp(string? Code) : FactorProof;

    /// <summary>A saved recovery code.</summary>
    public sealed record RecoveryCode(string? Code) : FactorProof;

    /// <summary>An assertion of a passkey.</summary>
    /// <param name="State">What the ceremony began with.</param>
    /// <param name="Credential">The browser's answer, as JSON.</param>
    /// <param name="BoundTo">The session, half-finished sign-in or mailed link that it was asked in.</param>
    public sealed record Passkey(string? State, string? Credential, string? BoundTo) : FactorProof;

    internal FactorKind Kind =>
        this switch
        {
            Totp => FactorKind.Totp,
            RecoveryCode => FactorKind.RecoveryCode,
            Passkey => FactorKind.Passkey,
            _ => throw new System.Diagnostics.UnreachableException(),
        };
}

/// <summary>What a proof is for.</summary>
public enum FactorUse
{
    /// <summary>Signing in: the password was right.</summary>
    SignIn,

    /// <summary>Proving oneself again while signed in.</summary>
    Session,

    /// <summary>A password reset or an unlocking, begun by a mailed link.</summary>
    Recovery,
}

/// <summary>The answer to a proof.</summary>
public abstract record FactorVerdict
{
    private FactorVerdict() { }

    /// <summary>It holds, and is spent.</summary>
    /// <param name="Methods">How, as RFC 8176 names.</param>
    /// <param name="ReplacementCode">The recovery code that stands in for the one used, to be shown now; or null.</param>
    public sealed record Accepted(IReadOnlyList<string> Methods, string? ReplacementCode) : FactorVerdict;

    /// <summary>It does not hold.</summary>
    public sealed record Refused : FactorVerdict;

    /// <summary>So many have failed that none is looked at for a while.</summary>
    /// <param name="Until">When that ends; null when the factor must be set up anew.</param>
    public sealed record Closed(DateTimeOffset? Until) : FactorVerdict;

    /// <summary>There was nothing to look at, and nothing was counted.</summary>
    public sealed record NotCounted(FactorFlaw Why) : FactorVerdict;
}

/// <summary>Why a proof is not even looked at.</summary>
public enum FactorFlaw
{
    /// <summary>What was typed cannot be a code: letters, too short, too long, or nothing.</summary>
    NoCode,

    /// <summary>The passkey's challenge is over, or was made elsewhere: there is nothing that an answer could be right for.</summary>
    TooLate,

    /// <summary>The key cannot be read: it was encrypted by a Data Protection ring that is gone.</summary>
    Unreadable,
}
