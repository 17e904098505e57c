using System.ComponentModel.DataAnnotations;

namespace IdP.Recovery.Factors.Passkeys;

/// <summary>
/// Section <c>AccountRecovery:Passkeys</c>. The domain and the origin that passkeys are bound to are those of
/// <see cref="OriginOptions.Origin"/>, whatever a request says.
/// </summary>
public sealed class PasskeyOptions : IValidatableObject
{
    /// <summary>What authenticators are asked to say about themselves. Default <see cref="PasskeyAttestation.None"/>.</summary>
    public PasskeyAttestation Attestation { get; set; }

    /// <summary>
    /// The AAGUIDs of the only authenticators that may be added; empty (the default) for all. With entries, attestation
    /// is asked for whatever <see cref="Attestation"/> says, and only a <c>packed</c> statement counts, rightly signed
    /// (ES256) with its certificate's key. Passkeys that are already there stay.
    /// </summary>
    public IList<Guid> AllowedAuthenticators { get; set; } = [];

    /// <summary>
    /// A PEM file with the makers' root certificates, relative to the working directory. With it, the certificate of an
    /// allowed authenticator must lead to one of them; without it, the AAGUID is taken at the authenticator's word.
    /// </summary>
    public string? AttestationRoots { get; set; }

    /// <summary>
    /// Whether the authenticator must verify the person by PIN or biometrics where a passkey is a second factor.
    /// Default <see cref="PasskeyUserVerification.Required"/>; for a sign-in without a password it always is.
    /// </summary>
    public PasskeyUserVerification UserVerification { get; set; }

    /// <summary>How many passkeys an account may have. Default 10; 1 to 50.</summary>
    [Range(1, 50, ErrorMessage = "AccountRecovery:Passkeys:MaxPasskeys must be from 1 to 50.")]
    public int MaxPasskeys { get; set; } = 10;

    internal bool AsksForAttestation => Attestation == PasskeyAttestation.Direct || AllowedAuthenticators.Count > 0;

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!Enum.IsDefined(Attestation))
        {
            yield return new(
                $"AccountRecovery:Passkeys:Attestation must be None or Direct, but was '{Attestation}'.",
                [nameof(Attestation)]
            );
        }

        if (!Enum.IsDefined(UserVerification))
        {
            yield return new(
                $"AccountRecovery:Passkeys:UserVerification must be Required or Preferred, but was '{UserVerification}'.",
                [nameof(UserVerification)]
            );
        }

        if (AllowedAuthenticators.Contains(Guid.Empty))
        {
            yield return new(
                "AccountRecovery:Passkeys:AllowedAuthenticators must name authenticators, but held the empty AAGUID, which is none.",
                [nameof(AllowedAuthenticators)]
            );
        }

        if (AttestationRoots is not null && !File.Exists(AttestationRoots))
        {
            yield return new(
                $"AccountRecovery:Passkeys:AttestationRoots must be a file that exists, but was '{AttestationRoots}'.",
                [nameof(AttestationRoots)]
            );
        }
    }
}

/// <summary>What an authenticator is asked to say about itself when a passkey is made.</summary>
public enum PasskeyAttestation
{
    /// <summary>Nothing, which is best for privacy.</summary>
    None,

    /// <summary>
    /// Its model, signed by its maker: kept with the passkey, and checked where
    /// <see cref="PasskeyOptions.AllowedAuthenticators"/> names some.
    /// </summary>
    Direct,
}

/// <summary>Whether the authenticator verifies the person.</summary>
public enum PasskeyUserVerification
{
    /// <summary>Always.</summary>
    Required,

    /// <summary>Where it can.</summary>
    Preferred,
}
