using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.Factors.Passkeys;

/// <summary>Says which authenticators may be added, by what they say about themselves (WebAuthn 8.2).</summary>
public sealed class PasskeyAttestations(IOptions<PasskeyOptions> options, TimeProvider time)
{
    private const int AaguidOffset = 37;
    private const int AaguidLength = 16;
    private const string AaguidExtension = "1.3.6.1.4.1.45724.1.1.4";

    private readonly PasskeyOptions options = options.Value;

    private readonly X509Certificate2Collection roots = Load(options.Value.AttestationRoots);

    internal bool Allow(UserPasskeyInfo made)
    {
        if (options.AllowedAuthenticators.Count == 0)
        {
            return true;
        }

        try
        {
            var statement = Statement.Read(made.AttestationObject);
            var aaguid = new Guid(statement.AuthenticatorData.AsSpan(AaguidOffset, AaguidLength), bigEndian: true);
            return options.AllowedAuthenticators.Contains(aaguid)
                && IsSigned(statement, SHA256.HashData(made.ClientDataJson), aaguid);
        }
        catch (Exception exception)
            when (exception
                    is CborContentException
                        or CryptographicException
                        or InvalidOperationException
                        or ArgumentException
            )
        {
            return false;
        }
    }

    private bool IsSigned(Statement statement, byte[] clientDataHash, Guid aaguid)
    {
        if (statement.Format != "packed" || statement.Certificates.Count == 0)
        {
            return false;
        }

        using var leaf = X509CertificateLoader.LoadCertificate(statement.Certificates[0]);
        byte[] signed = [.. statement.AuthenticatorData, .. clientDataHash];
        using var key = leaf.GetECDsaPublicKey();
        return key is not null
            && statement.Algorithm == -7
            && key.VerifyData(
                signed,
                statement.Signature,
                HashAlgorithmName.SHA256,
                DSASignatureFormat.Rfc3279DerSequence
            )
            && NamesModel(leaf, aaguid)
            && IsTrusted(leaf, statement);
    }

    // Where a maker signs for several models with one key, the certificate says which one this is.
    private static bool NamesModel(X509Certificate2 leaf, Guid aaguid)
    {
        var extension = leaf.Extensions[AaguidExtension];
        return extension is null
            || new Guid(
                System.Formats.Asn1.AsnDecoder.ReadOctetString(
                    extension.RawData,
                    System.Formats.Asn1.AsnEncodingRules.DER,
                    out _
                ),
                bigEndian: true
            ) == aaguid;
    }

    private bool IsTrusted(X509Certificate2 leaf, Statement statement)
    {
        if (roots.Count == 0)
        {
            return true;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(roots);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = time.GetUtcNow().UtcDateTime;
        foreach (var between in statement.Certificates.Skip(1))
        {
            chain.ChainPolicy.ExtraStore.Add(X509CertificateLoader.LoadCertificate(between));
        }

        return chain.Build(leaf);
    }

    private static X509Certificate2Collection Load(string? file)
    {
        var certificates = new X509Certificate2Collection();
        if (file is not null)
        {
            certificates.ImportFromPemFile(file);
        }

        return certificates;
    }

    private sealed record Statement(
        string Format,
        byte[] AuthenticatorData,
        long Algorithm,
        byte[] Signature,
        IReadOnlyList<byte[]> Certificates
    )
    {
        public static Statement Read(byte[] attestationObject)
        {
            var read = new Statement("", [], 0, [], []);
            var reader = new CborReader(attestationObject, CborConformanceMode.Ctap2Canonical);
            for (var left = reader.ReadStartMap(); left > 0; left--)
            {
                switch (reader.ReadTextString())
                {
                    case "fmt":
                        read = read with { Format = reader.ReadTextString() };
                        break;
                    case "authData":
                        read = read with { AuthenticatorData = reader.ReadByteString() };
                        break;
                    case "attStmt":
                        read = read.WithStatement(reader);
                        break;
                    default:
                        reader.SkipValue();
                        break;
                }
            }

            reader.ReadEndMap();
            return read;
        }

        private Statement WithStatement(CborReader reader)
        {
            var read = this;
            for (var left = reader.ReadStartMap(); left > 0; left--)
            {
                switch (reader.ReadTextString())
                {
                    case "alg":
                        read = read with { Algorithm = reader.ReadInt64() };
                        break;
                    case "sig":
                        read = read with { Signature = reader.ReadByteString() };
                        break;
                    case "x5c":
                        read = read with { Certificates = ReadCertificates(reader) };
                        break;
                    default:
                        reader.SkipValue();
                        break;
                }
            }

            reader.ReadEndMap();
            return read;
        }

        private static List<byte[]> ReadCertificates(CborReader reader)
        {
            var certificates = new List<byte[]>();
            for (var left = reader.ReadStartArray(); left > 0; left--)
            {
                certificates.Add(reader.ReadByteString());
            }

            reader.ReadEndArray();
            return certificates;
        }
    }
}
