using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.IdentityModel.Tokens;

namespace IdentityProvider.SigningKeys;

/// <summary>Makes keys, and turns rows into keys. A key lies in its row encrypted, and nowhere else.</summary>
internal sealed class SigningKeyProtection(IDataProtectionProvider protection)
{
    public const string EncryptionAlgorithm = SecurityAlgorithms.Aes256KW;

    public static readonly string[] Algorithms =
    [
        SecurityAlgorithms.EcdsaSha256,
        SecurityAlgorithms.RsaSha256,
        EncryptionAlgorithm,
    ];

    private const int RsaBits = 2048;

    private readonly IDataProtector protector = protection.CreateProtector("IdentityProvider.Keys.v1");

    public SigningKey Create(string algorithm, int generation, DateTimeOffset now, DateTimeOffset activeFrom)
    {
        var secret = algorithm switch
        {
            SecurityAlgorithms.EcdsaSha256 => NewEcdsa(),
            SecurityAlgorithms.RsaSha256 => NewRsa(),
            EncryptionAlgorithm => RandomNumberGenerator.GetBytes(32),
            _ => throw new ArgumentOutOfRangeException(nameof(algorithm), algorithm, "Unknown algorithm."),
        };
        return new()
        {
            Id = Base64UrlEncoder.Encode(RandomNumberGenerator.GetBytes(12)),
            Algorithm = algorithm,
            Generation = generation,
            ProtectedKey = Convert.ToBase64String(protector.Protect(secret)),
            CreatedAt = now,
            ActiveFrom = activeFrom,
        };
    }

    public SecurityKey Open(SigningKey key)
    {
        var secret = protector.Unprotect(Convert.FromBase64String(key.ProtectedKey));
        return key.Algorithm switch
        {
            SecurityAlgorithms.EcdsaSha256 => new ECDsaSecurityKey(ImportEcdsa(secret)) { KeyId = key.Id },
            SecurityAlgorithms.RsaSha256 => new RsaSecurityKey(ImportRsa(secret)) { KeyId = key.Id },
            EncryptionAlgorithm => new SymmetricSecurityKey(secret) { KeyId = key.Id },
            _ => throw new InvalidOperationException($"Key {key.Id} has an unknown algorithm."),
        };
    }

    private static byte[] NewEcdsa()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return key.ExportPkcs8PrivateKey();
    }

    private static byte[] NewRsa()
    {
        using var key = RSA.Create(RsaBits);
        return key.ExportPkcs8PrivateKey();
    }

    private static ECDsa ImportEcdsa(byte[] secret)
    {
        var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(secret, out _);
        return key;
    }

    private static RSA ImportRsa(byte[] secret)
    {
        var key = RSA.Create();
        key.ImportPkcs8PrivateKey(secret, out _);
        return key;
    }
}
