using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;

namespace IdP.Recovery;

/// <summary>
/// The one place where secrets are made, hashed, compared and protected. A secret is 256 bits from the system's
/// generator, travels as base64url (43 characters) and rests as SHA-256 (SP 800-63B-4, 3.1.3 and 4.2.1.2).
/// </summary>
public sealed class Secrets
{
    /// <summary>Length of a secret's URL form.</summary>
    public const int TokenLength = 43;

    /// <summary>Length of a hash at rest, in bytes.</summary>
    public const int HashLength = SHA256.HashSizeInBytes;

    /// <summary>Length of a recovery code without its separators.</summary>
    public const int RecoveryCodeLength = 24;

    private const char StampMark = '.';

    // The year 9999.
    private const long MostMilliseconds = 253_402_300_800_000;

    // Crockford's alphabet: nothing in it is taken for something else when read from paper.
    private const string RecoveryCodeAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    private readonly IDataProtector protector;
    private readonly IDataProtector keyProtector;
    private readonly IDataProtector codeProtector;

    /// <summary>Made once for a host.</summary>
    /// <param name="protection">Its ring must outlive the process and be the same on every node.</param>
    public Secrets(IDataProtectionProvider protection)
    {
        protector = protection.CreateProtector("IdP.Recovery.Secrets.v1");
        keyProtector = protection.CreateProtector("IdP.Recovery.TotpKeys.v1");
        codeProtector = protection.CreateProtector("IdP.Recovery.AddressCodes.v1");

        // Order: the first use of a new ring writes its key, and inside a SQLite transaction that would wait for the
        // transaction itself. Here none has begun yet.
        _ = protector.Protect("");
    }

    /// <summary>A fresh secret in its URL form.</summary>
    public static string NewToken() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>A fresh security stamp, which tells when it was made.</summary>
    internal static string NewStamp(DateTimeOffset now) =>
        now.ToUnixTimeMilliseconds().ToString("x", CultureInfo.InvariantCulture) + StampMark + NewToken();

    /// <summary>When a security stamp was made here; null where somebody else has made it.</summary>
    internal static DateTimeOffset? MadeAt(string stamp) =>
        stamp.Split(StampMark) is [var time, { Length: TokenLength }]
        && long.TryParse(time, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var milliseconds)
        && milliseconds is >= 0 and < MostMilliseconds
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
            : null;

    /// <summary>The hash under which a secret is kept and found; null when the text cannot be one of ours.</summary>
    /// <param name="token">What a person brought.</param>
    public static byte[]? Hash(string? token) =>
        token is { Length: TokenLength } && Base64Url.IsValid(token)
            ? SHA256.HashData(Encoding.ASCII.GetBytes(token))
            : null;

    /// <summary>
    /// A fresh recovery code: 120 bits, 24 characters in groups of four. SP 800-63B-4, 3.1.2.2: below 112 bits it would
    /// have to be hashed like a password.
    /// </summary>
    public static string NewRecoveryCode() =>
        string.Join(
            '-',
            RandomNumberGenerator
                .GetItems<char>(RecoveryCodeAlphabet, RecoveryCodeLength)
                .Chunk(4)
                .Select(group => new string(group))
        );

    /// <summary>The hash of a recovery code, however it was typed; null when the text cannot be one.</summary>
    /// <param name="code">What a person brought, in any case, with or without separators, O for 0 and I or L for 1.</param>
    public static byte[]? HashRecoveryCode(string? code)
    {
        var read = new string([
            .. Typed(code)
                .Select(c =>
                    char.ToUpperInvariant(c) switch
                    {
                        'O' => '0',
                        'I' or 'L' => '1',
                        var other => other,
                    }
                ),
        ]);
        return read.Length == RecoveryCodeLength && read.All(RecoveryCodeAlphabet.Contains)
            ? SHA256.HashData(Encoding.ASCII.GetBytes(read))
            : null;
    }

    /// <summary>
    /// A code as it is meant: without the spaces and dashes that part it, and of full width, as East Asian keyboards
    /// write it, as the same in ASCII.
    /// </summary>
    internal static string Typed(string? code) =>
        new([
            .. (code ?? "")
                .Select(c => c is >= '\uFF01' and <= '\uFF5E' ? (char)(c - 0xFEE0) : c)
                .Where(c => !char.IsWhiteSpace(c) && c != '-'),
        ]);

    /// <summary>A fresh code of six digits, to be typed from a mail (SP 800-63B-4, 4.2.1.2).</summary>
    public static string NewCode() => new(RandomNumberGenerator.GetItems<char>("0123456789", 6));

    /// <summary>The hash of something that is no secret but should not lie around in clear, such as a limited address.</summary>
    public static byte[] Fingerprint(string value) => SHA256.HashData(Encoding.UTF8.GetBytes(value));

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
    public string? Unprotect(string? protectedToken) => Read(protector, protectedToken);

    /// <summary>
    /// Encrypts a code of few digits, whose hash would be read by trying them all, for what it belongs to and nothing
    /// else.
    /// </summary>
    /// <param name="id">What it belongs to.</param>
    public string ProtectCode(Guid id, string code) => codeProtector.CreateProtector(id.ToString("n")).Protect(code);

    /// <summary>Reads what <see cref="ProtectCode"/> wrote; null when it belongs elsewhere or was tampered with.</summary>
    /// <param name="id">What it belongs to.</param>
    /// <param name="protectedCode">The encrypted form.</param>
    public string? UnprotectCode(Guid id, string? protectedCode) =>
        Read(codeProtector.CreateProtector(id.ToString("n")), protectedCode);

    /// <summary>Encrypts an authenticator's key, for as long as it is enrolled.</summary>
    public string ProtectKey(string key) => keyProtector.Protect(key);

    /// <summary>Reads what <see cref="ProtectKey"/> wrote; null when it is not ours or was tampered with.</summary>
    /// <param name="protectedKey">The encrypted form.</param>
    public string? UnprotectKey(string? protectedKey) => Read(keyProtector, protectedKey);

    private static string? Read(IDataProtector protector, string? text)
    {
        if (text is null)
        {
            return null;
        }

        try
        {
            return protector.Unprotect(text);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
