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
/// verify, and they and cheaper ones ask to be renewed.
/// </summary>
internal sealed class Argon2idPasswordHasher(IOptions<Argon2idOptions> options)
    : IPasswordHasher<Account>
{
    private const string Prefix = "$argon2id$v=19$";
    private const int SaltLength = 16;
    private const int HashLength = 32;

    // Security: a row that was tampered with must not make us take the machine's memory.
    private const int MostMemoryKiB = 1_048_576;
    private const int MostPasses = 10;

    private readonly PasswordHasher<Account> identity = new();
    private readonly Argon2idOptions cost = options.Value;

    public string HashPassword(Account user, string password)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltLength);
        var hash = Derive(password, salt, cost.MemoryKiB, cost.Passes);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Prefix}m={cost.MemoryKiB},t={cost.Passes},p=1${Encode(salt)}${Encode(hash)}"
        );
    }

    public PasswordVerificationResult VerifyHashedPassword(
        Account user,
        string hashedPassword,
        string providedPassword
    )
    {
        if (!hashedPassword.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return VerifyIdentity(user, hashedPassword, providedPassword);
        }

        if (Parse(hashedPassword) is not var (memory, passes, salt, hash))
        {
            return PasswordVerificationResult.Failed;
        }

        if (!Secrets.Same(hash, Derive(providedPassword, salt, memory, passes)))
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
        string providedPassword
    )
    {
        try
        {
            return
                identity.VerifyHashedPassword(user, hashedPassword, providedPassword)
                == PasswordVerificationResult.Failed
                ? PasswordVerificationResult.Failed
                : PasswordVerificationResult.SuccessRehashNeeded;
        }
        catch (FormatException)
        {
            return PasswordVerificationResult.Failed;
        }
    }

    private static byte[] Derive(
        string password,
        ReadOnlySpan<byte> salt,
        int memoryKiB,
        int passes
    )
    {
        var algorithm = PasswordBasedKeyDerivationAlgorithm.Argon2id(
            new Argon2Parameters
            {
                DegreeOfParallelism = 1,
                MemorySize = memoryKiB,
                NumberOfPasses = passes,
            }
        );
        var normalized = PasswordPolicy.Normalize(password) ?? "";
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
        return Convert.TryFromBase64String(padded, buffer, out var written)
            ? buffer[..written]
            : null;
    }
}

internal static class PasswordServices
{
    public static IServiceCollection AddPasswordHashing(
        this IServiceCollection services,
        IConfiguration configuration
    )
    {
        services
            .AddOptions<Argon2idOptions>()
            .Bind(configuration.GetSection("Argon2id"))
            .ValidateDataAnnotations()
            .ValidateOnStart();
        return services.AddSingleton<IPasswordHasher<Account>, Argon2idPasswordHasher>();
    }
}
