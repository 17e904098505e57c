using System.Buffers.Binary;
using System.Buffers.Text;
using System.Formats.Asn1;
using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tests.Support;

/// <summary>
/// An authenticator in memory, holding one passkey: answers as a browser would, and can be made to answer wrongly.
/// </summary>
internal sealed class SoftAuthenticator(string origin = "https://login.example.test") : IDisposable
{
    private const byte UserPresent = 0x01;
    private const byte Verified = 0x04;
    private const byte BackupEligible = 0x08;
    private const byte BackedUpNow = 0x10;
    private const byte Attested = 0x40;

    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>What the page's address would be.</summary>
    public string Origin { get; set; } = origin;

    /// <summary>For which domain it answers.</summary>
    public string Domain { get; set; } = new Uri(origin).Host;

    public byte[] CredentialId { get; set; } = RandomNumberGenerator.GetBytes(32);

    /// <summary>Whose it is; set when it is made.</summary>
    public byte[]? UserHandle { get; set; }

    public Guid Aaguid { get; set; }

    /// <summary>Raised by each use; 0 stays 0, as a synced passkey's does.</summary>
    public uint SignCount { get; set; } = 1;

    public bool UserVerified { get; set; } = true;

    public bool CanSync { get; set; }

    public bool Synced { get; set; }

    /// <summary>Whether the page stood in a frame of another site.</summary>
    public bool CrossOrigin { get; set; }

    /// <summary>Signs for the maker where attestation is asked for; null to say nothing.</summary>
    public X509Certificate2? Maker { get; set; }

    /// <summary>What stands between the maker's certificate and a root.</summary>
    public IReadOnlyList<X509Certificate2> Between { get; set; } = [];

    /// <summary>How the browser says that it is reached.</summary>
    public IReadOnlyList<string> Transports { get; set; } = ["internal"];

    /// <summary>The answer to <c>navigator.credentials.create</c>.</summary>
    public string Create(string optionsJson)
    {
        var options = JsonNode.Parse(optionsJson)!;
        UserHandle = Base64Url.DecodeFromChars((string)options["user"]!["id"]!);
        var clientData = ClientData("webauthn.create", options);
        var data = AuthenticatorData(Attested, AttestedCredential());
        return Answer(
            new JsonObject
            {
                ["clientDataJSON"] = Base64Url.EncodeToString(clientData),
                ["attestationObject"] = Base64Url.EncodeToString(Attest(data, clientData)),
                ["transports"] = new JsonArray([.. Transports.Select(t => JsonValue.Create(t))]),
            }
        );
    }

    /// <summary>The answer to <c>navigator.credentials.get</c>.</summary>
    public string Use(string optionsJson)
    {
        SignCount += SignCount > 0 ? 1u : 0;
        var clientData = ClientData("webauthn.get", JsonNode.Parse(optionsJson)!);
        var data = AuthenticatorData(0, []);
        return Answer(
            new JsonObject
            {
                ["clientDataJSON"] = Base64Url.EncodeToString(clientData),
                ["authenticatorData"] = Base64Url.EncodeToString(data),
                ["signature"] = Base64Url.EncodeToString(Sign(key, data, clientData)),
                ["userHandle"] = UserHandle is null ? null : Base64Url.EncodeToString(UserHandle),
            }
        );
    }

    public void Dispose() => key.Dispose();

    /// <summary>A maker's certificate for a model, with the key to sign for it.</summary>
    /// <param name="issuer">Who signs it; null for itself.</param>
    public static X509Certificate2 NewMaker(Guid aaguid, DateTimeOffset now, X509Certificate2? issuer = null)
    {
        using var makersKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(
            "CN=Maker, OU=Authenticator Attestation, O=Makers of Authenticators, C=NL",
            makersKey,
            HashAlgorithmName.SHA256
        );
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        var model = new AsnWriter(AsnEncodingRules.DER);
        model.WriteOctetString(aaguid.ToByteArray(bigEndian: true));
        request.CertificateExtensions.Add(
            new X509Extension("1.3.6.1.4.1.45724.1.1.4", model.Encode(), critical: false)
        );
        return issuer is null
            ? request.CreateSelfSigned(now.AddDays(-1), now.AddYears(1))
            : request.Create(issuer, now.AddDays(-1), now.AddYears(1), [1, 2, 3]).CopyWithPrivateKey(makersKey);
    }

    /// <summary>One who signs for makers, with the key to do so.</summary>
    /// <param name="issuer">Who signs it; null for itself.</param>
    public static X509Certificate2 NewAuthority(string name, DateTimeOffset now, X509Certificate2? issuer = null)
    {
        using var itsKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, itsKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        return issuer is null
            ? request.CreateSelfSigned(now.AddYears(-2), now.AddYears(5))
            : request.Create(issuer, now.AddYears(-1), now.AddYears(4), [4, 5, 6]).CopyWithPrivateKey(itsKey);
    }

    private byte[] ClientData(string type, JsonNode options) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                type,
                challenge = (string)options["challenge"]!,
                origin = Origin,
                crossOrigin = CrossOrigin,
            }
        );

    private byte[] AuthenticatorData(byte flags, byte[] more)
    {
        flags |= UserPresent;
        flags |= UserVerified ? Verified : (byte)0;
        flags |= CanSync || Synced ? BackupEligible : (byte)0;
        flags |= Synced ? BackedUpNow : (byte)0;
        var count = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(count, SignCount);
        return [.. SHA256.HashData(Encoding.UTF8.GetBytes(Domain)), flags, .. count, .. more];
    }

    private byte[] AttestedCredential()
    {
        var length = new byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)CredentialId.Length);
        var point = key.ExportParameters(false).Q;
        var cose = new CborWriter(CborConformanceMode.Ctap2Canonical);
        cose.WriteStartMap(5);
        cose.WriteInt32(1);
        cose.WriteInt32(2);
        cose.WriteInt32(3);
        cose.WriteInt32(-7);
        cose.WriteInt32(-1);
        cose.WriteInt32(1);
        cose.WriteInt32(-2);
        cose.WriteByteString(point.X!);
        cose.WriteInt32(-3);
        cose.WriteByteString(point.Y!);
        cose.WriteEndMap();
        return [.. Aaguid.ToByteArray(bigEndian: true), .. length, .. CredentialId, .. cose.Encode()];
    }

    private byte[] Attest(byte[] data, byte[] clientData)
    {
        var attestation = new CborWriter(CborConformanceMode.Ctap2Canonical);
        attestation.WriteStartMap(3);
        attestation.WriteTextString("fmt");
        attestation.WriteTextString(Maker is null ? "none" : "packed");
        attestation.WriteTextString("attStmt");
        if (Maker is null)
        {
            attestation.WriteStartMap(0);
        }
        else
        {
            using var makersKey = Maker.GetECDsaPrivateKey()!;
            attestation.WriteStartMap(3);
            attestation.WriteTextString("alg");
            attestation.WriteInt32(-7);
            attestation.WriteTextString("sig");
            attestation.WriteByteString(Sign(makersKey, data, clientData));
            attestation.WriteTextString("x5c");
            attestation.WriteStartArray(1 + Between.Count);
            attestation.WriteByteString(Maker.RawData);
            foreach (var certificate in Between)
            {
                attestation.WriteByteString(certificate.RawData);
            }

            attestation.WriteEndArray();
        }

        attestation.WriteEndMap();
        attestation.WriteTextString("authData");
        attestation.WriteByteString(data);
        attestation.WriteEndMap();
        return attestation.Encode();
    }

    private static byte[] Sign(ECDsa with, byte[] data, byte[] clientData) =>
        with.SignData(
            [.. data, .. SHA256.HashData(clientData)],
            HashAlgorithmName.SHA256,
            DSASignatureFormat.Rfc3279DerSequence
        );

    private string Answer(JsonObject response) =>
        new JsonObject
        {
            ["id"] = Base64Url.EncodeToString(CredentialId),
            ["rawId"] = Base64Url.EncodeToString(CredentialId),
            ["type"] = "public-key",
            ["clientExtensionResults"] = new JsonObject(),
            ["response"] = response,
        }.ToJsonString();
}
