using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fido2NetLib.Cbor;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.Factors.Passkeys;

/// <summary>
/// Says which authenticators may be added, by the certificates with which they vouch for their model. That their
/// statement is rightly signed was checked before (WebAuthn 7.1, step 21); here it is asked whether it is to be trusted.
/// </summary>
/// <param name="metadata">Knows the makers' roots and whose keys are out.</param>
public sealed class PasskeyAttestations(
    IOptions<PasskeyOptions> options,
    AuthenticatorMetadata metadata,
    TimeProvider time
)
{
    private readonly PasskeyOptions options = options.Value;

    private readonly X509Certificate2Collection roots = Certificates.OfPem(options.Value.AttestationRoots);

    internal bool Allow(NewPasskey made)
    {
        try
        {
            return IsAllowed(made);
        }
        catch (Exception exception) when (exception is CryptographicException or InvalidCastException)
        {
            // Somebody's own certificate, which cannot be read.
            return false;
        }
    }

    private bool IsAllowed(NewPasskey made)
    {
        var entry = metadata.Find(made.Aaguid);
        if (entry is { Compromised: true })
        {
            return false;
        }

        var vouchers = VouchersOf(made.Info.AttestationObject);
        if (options.AllowedAuthenticators.Count == 0)
        {
            return entry is null || vouchers.Count == 0 || LeadsTo(vouchers, entry.Roots);
        }

        return options.AllowedAuthenticators.Contains(made.Aaguid)
            && vouchers.Count > 0
            && (
                options.MetadataFile is not null
                    ? entry is not null && LeadsTo(vouchers, entry.Roots)
                    : options.AttestationRoots is null || LeadsTo(vouchers, roots)
            );
    }

    // A maker's root, one between, or the certificate itself (FIDO Metadata Statement 3.0, 3.11).
    private bool LeadsTo(X509Certificate2Collection vouchers, X509Certificate2Collection trusted) =>
        trusted.Any(root => Certificates.IsSame(root, vouchers[0]))
        || Certificates.Lead(vouchers, trusted, time.GetUtcNow());

    // Empty where an authenticator vouches for nothing, or only for itself.
    private static X509Certificate2Collection VouchersOf(byte[] attestationObject) =>
        CborObject.Decode(attestationObject)["attStmt"]?["x5c"] is CborArray certificates
            ?
            [
                .. certificates
                    .Values.Cast<CborByteString>()
                    .Select(c => X509CertificateLoader.LoadCertificate(c.Value)),
            ]
            : [];
}
