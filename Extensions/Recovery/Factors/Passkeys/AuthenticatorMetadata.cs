using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace IdP.Recovery.Factors.Passkeys;

/// <summary>
/// What the FIDO Metadata Service says of authenticators: its signed file (Metadata Service 3.0, 3.1), read from a local
/// path. Whoever runs the host fetches it; nothing is fetched here.
/// </summary>
public sealed partial class AuthenticatorMetadata
{
    private const int LargestFile = 64 * 1024 * 1024;

    // Whom nobody should trust any more (Metadata Service 3.0, 3.1.4).
    private static readonly FrozenSet<string> Compromises = FrozenSet.Create(
        StringComparer.Ordinal,
        "REVOKED",
        "USER_VERIFICATION_BYPASS",
        "ATTESTATION_KEY_COMPROMISE",
        "USER_KEY_REMOTE_COMPROMISE",
        "USER_KEY_PHYSICAL_COMPROMISE"
    );

    private readonly FrozenDictionary<Guid, MetadataEntry> entries = FrozenDictionary<Guid, MetadataEntry>.Empty;

    /// <summary>Reads the file that the options name, if they do.</summary>
    /// <exception cref="InvalidDataException">It cannot be read, or is not rightly signed.</exception>
    public AuthenticatorMetadata(
        IOptions<PasskeyOptions> options,
        TimeProvider time,
        ILogger<AuthenticatorMetadata> logger
    )
    {
        if (options.Value.MetadataFile is not { } file)
        {
            return;
        }

        (entries, var next) = Read(options.Value, time.GetUtcNow());
        if (next < DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime))
        {
            IsOld(logger, file, next);
        }
    }

    /// <summary>What is said of a model; null where there is no file, or it does not know the model.</summary>
    internal MetadataEntry? Find(Guid aaguid) => entries.GetValueOrDefault(aaguid);

    /// <summary>What a model is called; null where nobody has said.</summary>
    public string? NameOf(Guid? aaguid) =>
        aaguid is not { } known ? null : Find(known)?.Description ?? AuthenticatorNames.Of(known);

    internal static (FrozenDictionary<Guid, MetadataEntry> Entries, DateOnly NextUpdate) Read(
        PasskeyOptions options,
        DateTimeOffset now
    )
    {
        try
        {
            if (new FileInfo(options.MetadataFile!).Length > LargestFile)
            {
                throw new InvalidDataException($"it has more than {LargestFile} bytes");
            }

            var signed = new JsonWebToken(File.ReadAllText(options.MetadataFile!).Trim());
            Verify(signed, options, now);
            using var told = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(signed.EncodedPayload));
            var entries = new Dictionary<Guid, MetadataEntry>();
            foreach (var entry in told.RootElement.GetProperty("entries").EnumerateArray())
            {
                // Authenticators of U2F and UAF have no AAGUID.
                if (entry.TryGetProperty("aaguid", out var aaguid))
                {
                    entries[aaguid.GetGuid()] = Describe(entry);
                }
            }

            return (
                entries.ToFrozenDictionary(),
                DateOnly.Parse(
                    told.RootElement.GetProperty("nextUpdate").GetString()!,
                    System.Globalization.CultureInfo.InvariantCulture
                )
            );
        }
        catch (Exception exception)
            when (exception
                    is IOException
                        or UnauthorizedAccessException
                        or SecurityTokenException
                        or ArgumentException
                        or JsonException
                        or KeyNotFoundException
                        or FormatException
                        or InvalidOperationException
                        or CryptographicException
            )
        {
            throw new InvalidDataException(exception.Message, exception);
        }
    }

    private static void Verify(JsonWebToken signed, PasskeyOptions options, DateTimeOffset now)
    {
        var chain = new X509Certificate2Collection();
        foreach (var certificate in signed.GetHeaderValue<JsonElement>("x5c").EnumerateArray())
        {
            chain.Add(X509CertificateLoader.LoadCertificate(certificate.GetBytesFromBase64()));
        }

        // A public root signs for everybody: it must be the service's own name.
        if (
            chain.Count == 0
            || !chain[0].MatchesHostname(options.MetadataSigner)
            || !Certificates.Lead(chain, Certificates.OfPem(options.MetadataRoots), now)
        )
        {
            throw new SecurityTokenException(
                $"its certificate is not one of {options.MetadataSigner} that leads to MetadataRoots"
            );
        }

        using var rsa = chain[0].GetRSAPublicKey();
        using var ecdsa = chain[0].GetECDsaPublicKey();
        SecurityKey key = rsa is not null ? new RsaSecurityKey(rsa) : new ECDsaSecurityKey(ecdsa);
        key.CryptoProviderFactory = new() { CacheSignatureProviders = false };
        var checkedToken = new JsonWebTokenHandler()
            .ValidateTokenAsync(
                signed,
                new()
                {
                    IssuerSigningKey = key,
                    ValidateIssuer = false,
                    ValidateAudience = false,
                    ValidateLifetime = false,
                }
            )
            .GetAwaiter()
            .GetResult();
        if (!checkedToken.IsValid)
        {
            throw new SecurityTokenException("its signature is not right", checkedToken.Exception);
        }
    }

    // An entry may say next to nothing, and a maker's certificate may be one that cannot be read: then nobody leads to it.
    private static MetadataEntry Describe(JsonElement entry)
    {
        var roots = new X509Certificate2Collection();
        string? description = null;
        if (entry.TryGetProperty("metadataStatement", out var statement))
        {
            description = statement.TryGetProperty("description", out var said) ? said.GetString() : null;
            if (statement.TryGetProperty("attestationRootCertificates", out var named))
            {
                foreach (var root in named.EnumerateArray())
                {
                    try
                    {
                        roots.Add(X509CertificateLoader.LoadCertificate(Convert.FromBase64String(root.GetString()!)));
                    }
                    catch (Exception exception) when (exception is CryptographicException or FormatException)
                    {
                        continue;
                    }
                }
            }
        }

        var latest = entry.TryGetProperty("statusReports", out var reports)
            ? reports.EnumerateArray().LastOrDefault()
            : default;
        return new(
            description,
            roots,
            latest.ValueKind == JsonValueKind.Object && Compromises.Contains(latest.GetProperty("status").GetString()!)
        );
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{File} should have been replaced by {NextUpdate}: who was found out since then is still trusted."
    )]
    private static partial void IsOld(ILogger logger, string file, DateOnly nextUpdate);
}

/// <summary>What the metadata say of a model.</summary>
/// <param name="Description">Its name, in English; null where there is none.</param>
/// <param name="Roots">To which its certificates lead.</param>
/// <param name="Compromised">Whether it is not to be trusted any more.</param>
internal sealed record MetadataEntry(string? Description, X509Certificate2Collection Roots, bool Compromised);
