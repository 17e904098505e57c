using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using IdentityProvider.Accounts;
using IdP.Recovery;
using IdP.Recovery.Passwords;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using NSec.Cryptography;

namespace IdentityProvider.Passwords;

/// <summary>
/// Argon2id by libsodium, kept as <c>$argon2id$v=19$m=…,t=…,p=1$salt$hash</c>. Hashes of Identity's own hasher still
/// verify, and they and cheaper ones ask to be renewed. What is stored and cannot be read fails; it never throws.
/// </summary>
internal sealed class Argon2idPasswordHasher(IOptions<Argon2idOptions> options) : IPasswordHasher<Account>
{
    private const string Prefix = "$argon2id$v=19$";
    private const int SaltLength = 16;
    private const int HashLength = 32;

    // Security: a row that was tampered with must not make us take the machine's memory.
    private const int MostMemoryKiB = 1_048_576;
    private const int MostPasses = 10;

    // Security: nor must one of Identity's hashes make us count for hours. It asks for 100 000 itself.
    private const uint MostIterations = 2_000_000;
    private const int LongestIdentityHash = 256;

    // The policy stops far below; this bounds what anyone may send to a sign-in.
    private const int LongestPassword = 4096;

    private readonly PasswordHasher<Account> identity = new();
    private readonly Argon2idOptions cost = options.Value;

    /// <exception cref="ArgumentException">Not Unicode text, or too long: the policy refuses it before.</exception>
    public string HashPassword(Account user, string password)
    {
        var normalized =
            Normalize(password) ?? throw new ArgumentException("A password must be Unicode text.", nameof(password));
        var salt = RandomNumberGenerator.GetBytes(SaltLength);
        var hash = Derive(normalized, salt, cost.MemoryKiB, cost.Passes);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Prefix}m={cost.MemoryKiB},t={cost.Passes},p=1${Encode(salt)}${Encode(hash)}"
        );
    }

    public PasswordVerificationResult VerifyHashedPassword(Account user, string hashedPassword, string providedPassword)
    {
        // Security: threat 11. What cannot be a password costs a hash too, then fails.
        var normalized = Normalize(providedPassword);
        if (!hashedPassword.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return VerifyIdentity(user, hashedPassword, providedPassword, normalized);
        }

        if (Parse(hashedPassword) is not var (memory, passes, salt, hash))
        {
            return PasswordVerificationResult.Failed;
        }

        var derived = Derive(normalized ?? "", salt, memory, passes);
        if (!Secrets.Same(hash, derived) || normalized is null)
        {
            return PasswordVerificationResult.Failed;
        }

        return memory < cost.MemoryKiB || passes < cost.Passes
            ? PasswordVerificationResult.SuccessRehashNeeded
            : PasswordVerificationResult.Success;
    }

    private PasswordVerificationResult VerifyIdentity(
        Account user,
        string hashedPassword,
        string providedPassword,
        string? normalized
    )
    {
        if (!IsIdentityHash(hashedPassword))
        {
            return PasswordVerificationResult.Failed;
        }

        // Identity hashed what was typed, as it was typed; another keyboard gives it in another form.
        string[] forms =
            normalized is null ? [""]
            : normalized == providedPassword ? [normalized]
            : [providedPassword, normalized];
        var matches = forms.Any(form =>
            identity.VerifyHashedPassword(user, hashedPassword, form) != PasswordVerificationResult.Failed
        );
        return matches && normalized is not null
            ? PasswordVerificationResult.SuccessRehashNeeded
            : PasswordVerificationResult.Failed;
    }

    // Format 2 begins with 0. Format 3 begins with 1, then come the function, the iterations and the salt's length, in
    // four bytes each with the big end first.
    private static bool IsIdentityHash(string hashedPassword)
    {
        Span<byte> bytes = stackalloc byte[LongestIdentityHash];
        return hashedPassword.Length <= LongestIdentityHash
            && Convert.TryFromBase64String(hashedPassword, bytes, out var length)
            && length > 13
            && (
                bytes[0] == 0
                || (bytes[0] == 1 && BinaryPrimitives.ReadUInt32BigEndian(bytes[5..]) is > 0 and <= MostIterations)
            );
    }

    private static string? Normalize(string password) =>
        password.Length <= LongestPassword ? PasswordPolicy.Normalize(password) : null;

    private static byte[] Derive(string normalized, ReadOnlySpan<byte> salt, int memoryKiB, int passes)
    {
        var algorithm = PasswordBasedKeyDerivationAlgorithm.Argon2id(
            new Argon2Parameters
            {
                DegreeOfParallelism = 1,
                MemorySize = memoryKiB,
                NumberOfPasses = passes,
            }
        );
        return algorithm.DeriveBytes(Encoding.UTF8.GetBytes(normalized), salt, HashLength);
    }

    private static (int Memory, int Passes, byte[] Salt, byte[] Hash)? Parse(string text)
    {
        var parts = text[Prefix.Length..].Split('$');
        if (
            parts.Length != 3
            || parts[0].Split(',') is not [['m', '=', .. var m], ['t', '=', .. var t], "p=1"]
            || !int.TryParse(m, NumberStyles.None, CultureInfo.InvariantCulture, out var memory)
            || !int.TryParse(t, NumberStyles.None, CultureInfo.InvariantCulture, out var passes)
            || memory is < 8 or > MostMemoryKiB
            || passes is < 1 or > MostPasses
            || Decode(parts[1]) is not { Length: SaltLength } salt
            || Decode(parts[2]) is not { Length: HashLength } hash
        )
        {
            return null;
        }

        return (memory, passes, salt, hash);
    }

    // The PHC string format takes base64 without its padding.
    private static string Encode(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=');

    private static byte[]? Decode(string text)
    {
        var buffer = new byte[64];
        var padded = text.PadRight((text.Length + 3) / 4 * 4, '=');
        return Convert.TryFromBase64String(padded, buffer, out var written) ? buffer[..written] : null;
    }
}

internal static class PasswordServices
{
    public static IServiceCollection AddPasswordHashing(this IServiceCollection services, IConfiguration configuration)
    {
        services
            .AddOptions<Argon2idOptions>()
            .Bind(configuration.GetSection("Argon2id"))
            .ValidateDataAnnotations()
            .ValidateOnStart();
        return services.AddSingleton<IPasswordHasher<Account>, Argon2idPasswordHasher>();
    }
}
