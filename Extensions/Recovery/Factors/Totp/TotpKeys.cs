using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using OtpNet;

namespace IdP.Recovery.Factors.Totp;

/// <summary>Makes keys and reads codes of them; keys rest encrypted.</summary>
public sealed class TotpKeys(
    Secrets secrets,
    HostSignIn signIn,
    IOptions<TotpOptions> options,
    IOptions<OriginOptions> origin
)
{
    private const int StepSeconds = 30;

    // RFC 4226, 4: a length of 160 bits is recommended.
    private const int KeyLength = 20;

    // Identity's own codes have six digits of SHA-1, whatever is set here.
    private const int HostDigits = 6;

    private readonly TotpOptions options = options.Value;

    internal TotpAuthenticator Create(string accountId, DateTimeOffset now, bool required) =>
        new()
        {
            Id = Guid.CreateVersion7(now),
            AccountId = accountId,
            ProtectedKey = NewKey(),
            Algorithm = signIn.IsOfHost ? TotpAlgorithm.Sha1 : options.Algorithm,
            Digits = signIn.IsOfHost ? HostDigits : options.Digits,
            CreatedAt = now,
            Required = required,
        };

    internal string NewKey() => secrets.ProtectKey(Base32Encoding.ToString(RandomNumberGenerator.GetBytes(KeyLength)));

    /// <summary>The key in base32; null when it was encrypted by another key ring.</summary>
    internal string? Read(TotpAuthenticator authenticator) => secrets.UnprotectKey(authenticator.ProtectedKey);

    /// <summary>
    /// The digits of a code, however it was typed; null when it cannot be one: an authenticator shows 6 or 8.
    /// </summary>
    internal static string? Digits(string? code) =>
        Secrets.Typed(code) is { Length: 6 or 8 } digits && digits.All(char.IsAsciiDigit) ? digits : null;

    /// <summary>Takes a key that another has made, as it is; null when it is no key in base32.</summary>
    internal TotpAuthenticator? Take(string accountId, string key, string name, DateTimeOffset now)
    {
        try
        {
            if (Base32Encoding.ToBytes(key).Length == 0)
            {
                return null;
            }
        }
        catch (ArgumentException)
        {
            return null;
        }

        return new()
        {
            Id = Guid.CreateVersion7(now),
            AccountId = accountId,
            Name = name,
            ProtectedKey = secrets.ProtectKey(key),
            Algorithm = TotpAlgorithm.Sha1,
            Digits = HostDigits,
            CreatedAt = now,
            ConfirmedAt = now,
        };
    }

    /// <summary>The <c>otpauth:</c> address that authenticator apps read from a QR code.</summary>
    internal Uri AddressOf(TotpAuthenticator authenticator, string key, string email)
    {
        var issuer = options.Issuer ?? origin.Value.Link("/").Host;
        var algorithm = authenticator.Algorithm == TotpAlgorithm.Sha256 ? "SHA256" : "SHA1";
        return new(
            $"otpauth://totp/{Uri.EscapeDataString(issuer)}:{Uri.EscapeDataString(email)}?secret={key}"
                + $"&issuer={Uri.EscapeDataString(issuer)}&algorithm={algorithm}&digits={authenticator.Digits}&period={StepSeconds}"
        );
    }

    /// <summary>
    /// The time step whose code was given: the current one or the one before (RFC 6238, 5.2), the next only by option;
    /// null when it is none of them, or not newer than the last one taken.
    /// </summary>
    internal long? StepOf(TotpAuthenticator authenticator, string? code, DateTimeOffset now)
    {
        if (
            Digits(code) is not { } digits
            || digits.Length != authenticator.Digits
            || Read(authenticator) is not { } key
        )
        {
            return null;
        }

        var totp = new OtpNet.Totp(
            Base32Encoding.ToBytes(key),
            StepSeconds,
            authenticator.Algorithm == TotpAlgorithm.Sha256 ? OtpHashMode.Sha256 : OtpHashMode.Sha1,
            authenticator.Digits
        );
        var window = new VerificationWindow(previous: 1, future: options.AcceptsNextStep ? 1 : 0);
        return totp.VerifyTotp(now.UtcDateTime, digits, out var step, window) && step > authenticator.LastStep
            ? step
            : null;
    }
}
