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
    /// is asked for whatever <see cref="Attestation"/> says, and only a statement counts that is rightly signed with a
    /// certificate's key. Passkeys that are already there stay.
    /// </summary>
    public IList<Guid> AllowedAuthenticators { get; set; } = [];

    /// <summary>
    /// A PEM file with the makers' root certificates, relative to the working directory. With it, the certificate of an
    /// allowed authenticator must lead to one of them; without it and without <see cref="MetadataFile"/>, the AAGUID is
    /// taken at the authenticator's word.
    /// </summary>
    public string? AttestationRoots { get; set; }

    /// <summary>
    /// The signed file of the FIDO Metadata Service (<c>blob.jwt</c>, Metadata Service 3.0), relative to the working
    /// directory, at most 64 MiB; read and checked at the start. With it, attestation is asked for; an authenticator that
    /// it calls compromised or revoked is refused, and one that vouches for its model must lead to the roots that it names.
    /// Whoever vouches for nothing, as most synced passkeys do, is taken all the same: to ask it of everybody, name
    /// <see cref="AllowedAuthenticators"/>. A newer file is read at the next start.
    /// Takes the place of <see cref="AttestationRoots"/>. Default none.
    /// </summary>
    public string? MetadataFile { get; set; }

    /// <summary>
    /// A PEM file with the roots that may sign <see cref="MetadataFile"/>: for that of the FIDO Alliance, GlobalSign Root
    /// CA - R3. Required with it.
    /// </summary>
    public string? MetadataRoots { get; set; }

    /// <summary>Whose certificate signs <see cref="MetadataFile"/>. Default <c>mds.fidoalliance.org</c>.</summary>
    [Required(ErrorMessage = "AccountRecovery:Passkeys:MetadataSigner must be a host name.")]
    public string MetadataSigner { get; set; } = "mds.fidoalliance.org";

    /// <summary>
    /// Whether the authenticator must verify the person by PIN or biometrics where a passkey is a second factor.
    /// Default <see cref="PasskeyUserVerification.Required"/>; for a sign-in without a password it always is.
    /// </summary>
    public PasskeyUserVerification UserVerification { get; set; }

    /// <summary>
    /// Other origins whose pages may use the same passkeys (WebAuthn 5.11), such as <c>https://login.example.org</c>:
    /// scheme, host and port alone, https, at most 20. <c>/.well-known/webauthn</c> of the hosted pages names them. Default none. Browsers look at the first five names of different domains only.
    /// </summary>
    public IList<string> RelatedOrigins { get; set; } = [];

    /// <summary>
    /// What happens where a passkey's counter is not above the one before, as there may be a copy of it (WebAuthn 6.1.1).
    /// Its owner is told either way. Default <see cref="PasskeyCounterBack.Refuse"/>.
    /// </summary>
    public PasskeyCounterBack CounterBack { get; set; }

    /// <summary>How many passkeys an account may have. Default 10; 1 to 50.</summary>
    [Range(1, 50, ErrorMessage = "AccountRecovery:Passkeys:MaxPasskeys must be from 1 to 50.")]
    public int MaxPasskeys { get; set; } = 10;

    private const int MaxRelatedOrigins = 20;

    internal bool AsksForAttestation =>
        Attestation == PasskeyAttestation.Direct || AllowedAuthenticators.Count > 0 || MetadataFile is not null;

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

        if (!Enum.IsDefined(CounterBack))
        {
            yield return new(
                $"AccountRecovery:Passkeys:CounterBack must be Refuse or Tell, but was '{CounterBack}'.",
                [nameof(CounterBack)]
            );
        }

        if (RelatedOrigins.Count > MaxRelatedOrigins)
        {
            yield return new(
                $"AccountRecovery:Passkeys:RelatedOrigins must be at most {MaxRelatedOrigins}, but were {RelatedOrigins.Count}.",
                [nameof(RelatedOrigins)]
            );
        }

        foreach (var origin in RelatedOrigins.Where(o => !IsOrigin(o)))
        {
            yield return new(
                $"AccountRecovery:Passkeys:RelatedOrigins must be origins such as https://login.example.org, but one was '{origin}'.",
                [nameof(RelatedOrigins)]
            );
        }

        if (AllowedAuthenticators.Contains(Guid.Empty))
        {
            yield return new(
                "AccountRecovery:Passkeys:AllowedAuthenticators must name authenticators, but held the empty AAGUID, which is none.",
                [nameof(AllowedAuthenticators)]
            );
        }

        if ((MetadataFile is null) != (MetadataRoots is null))
        {
            yield return new(
                "AccountRecovery:Passkeys:MetadataFile and MetadataRoots must be set together.",
                [nameof(MetadataRoots)]
            );
        }

        if (AttestationRoots is not null && (AllowedAuthenticators.Count == 0 || MetadataFile is not null))
        {
            yield return new(
                "AccountRecovery:Passkeys:AttestationRoots says which makers vouch for AllowedAuthenticators: name some, and no MetadataFile.",
                [nameof(AttestationRoots)]
            );
        }

        foreach (
            var (name, file) in new[]
            {
                (nameof(AttestationRoots), AttestationRoots),
                (nameof(MetadataFile), MetadataFile),
                (nameof(MetadataRoots), MetadataRoots),
            }
        )
        {
            if (file is not null && !File.Exists(file))
            {
                yield return new(
                    $"AccountRecovery:Passkeys:{name} must be a file that exists, but was '{file}'.",
                    [name]
                );
            }
        }
    }

    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var origin)
        && origin.Scheme == Uri.UriSchemeHttps
        && origin is { UserInfo: "" }
        && origin.Host == origin.IdnHost
        && origin.GetLeftPart(UriPartial.Authority) == text;
}

/// <summary>What happens where a passkey's counter went back.</summary>
public enum PasskeyCounterBack
{
    /// <summary>The use is refused.</summary>
    Refuse,

    /// <summary>The use is taken.</summary>
    Tell,
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
