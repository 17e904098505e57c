using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;

namespace IdP.Recovery;

/// <summary>
/// The one place where secrets are made, hashed, compared and protected. A secret is 256 bits from the system's
/// generator, travels as base64url (43 characters) and rests as SHA-256 (SP 800-63B-4, 3.1.3 and 4.2.1.2).
/// </summary>
public sealed class Secrets(IDataProtectionProvider protection)
{
    /// <summary>Length of a secret's URL form.</summary>
    public const int TokenLength = 43;

    /// <summary>Length of a hash at rest, in bytes.</summary>
    public const int HashLength = SHA256.HashSizeInBytes;

    private readonly IDataProtector protector = protection.CreateProtector(
        "IdP.Recovery.Secrets.v1"
    );

    /// <summary>A fresh secret in its URL form.</summary>
    public static string NewToken() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>The hash under which a secret is kept and found; null when the text cannot be one of ours.</summary>
    /// <param name="token">What a person brought.</param>
    public static byte[]? Hash(string? token) =>
        token is { Length: TokenLength } && Base64Url.IsValid(token)
            ? SHA256.HashData(Encoding.ASCII.GetBytes(token))
            : null;

    /// <summary>The hash of something that is no secret but should not lie around in clear, such as a limited address.</summary>
    /// <param name="value">The value.</param>
    public static byte[] Fingerprint(string value) =>
        SHA256.HashData(Encoding.UTF8.GetBytes(value));

    /// <summary>Compares in a time that does not depend on where two hashes differ.</summary>
    /// <param name="left">One hash.</param>
    /// <param name="right">The other.</param>
    public static bool Same(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        CryptographicOperations.FixedTimeEquals(left, right);

    /// <summary>Encrypts a secret that must be readable again, for the time until its mail is accepted.</summary>
    /// <param name="token">The secret.</param>
    public string Protect(string token) => protector.Protect(token);

    /// <summary>Reads what <see cref="Protect"/> wrote; null when it is not ours or was tampered with.</summary>
    /// <param name="protectedToken">The encrypted form.</param>
    public string? Unprotect(string? protectedToken)
    {
        if (protectedToken is null)
        {
            return null;
        }

        try
        {
            return protector.Unprotect(protectedToken);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
