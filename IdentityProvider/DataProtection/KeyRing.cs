using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using IdentityProvider.Data;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;

namespace IdentityProvider.DataProtection;

/// <summary>Section <c>DataProtection</c>: what wraps the key ring that lies in the database.</summary>
public sealed class KeyRingOptions
{
    /// <summary>
    /// A certificate with an RSA key, outside the database: PFX, or PEM with <see cref="KeyPath"/>. Required in
    /// Production; every node has the same.
    /// </summary>
    public string? CertificatePath { get; set; }

    /// <summary>The password of the PFX, or of an encrypted PEM key; null when there is none.</summary>
    public string? CertificatePassword { get; set; }

    /// <summary>The PEM key of a PEM certificate; null when it stands in the same file.</summary>
    public string? KeyPath { get; set; }

    /// <summary>Earlier certificates, which only unwrap what they once wrapped. Default none.</summary>
    public IList<OlderCertificate> Older { get; set; } = [];
}

/// <summary>An entry of <c>DataProtection:Older</c>.</summary>
public sealed class OlderCertificate
{
    /// <summary>As <see cref="KeyRingOptions.CertificatePath"/>.</summary>
    public string? CertificatePath { get; set; }

    /// <summary>As <see cref="KeyRingOptions.CertificatePassword"/>.</summary>
    public string? CertificatePassword { get; set; }

    /// <summary>As <see cref="KeyRingOptions.KeyPath"/>.</summary>
    public string? KeyPath { get; set; }
}

/// <summary>
/// Security: a stolen database opens nothing. Everything encrypted in it hangs on the Data Protection ring, and in
/// Production the ring is wrapped by a key that is not in it.
/// </summary>
internal static class KeyRingProtection
{
    // Part of how keys are derived: to change it is to lose everything protected.
    private const string ApplicationName = "IdP";

    public static void AddKeyRing(
        this IServiceCollection services,
        IConfiguration configuration,
        IHostEnvironment environment
    )
    {
        var section = configuration.GetSection("DataProtection");
        var options = section.Get<KeyRingOptions>() ?? new();
        var problems = new List<string>();
        var protection = services
            .AddDataProtection()
            .SetApplicationName(ApplicationName)
            .PersistKeysToDbContext<IdpDbContext>();
        if (options.CertificatePath is { Length: > 0 } path)
        {
            if (
                Load("DataProtection", path, options.KeyPath, options.CertificatePassword, environment, problems) is
                { } current
            )
            {
                protection.ProtectKeysWithCertificate(current);
            }
        }
        else if (!environment.IsDevelopment() && !environment.IsEnvironment("Testing"))
        {
            problems.Add(
                "DataProtection:CertificatePath must be set in Production: the certificate that wraps the keys in the database."
            );
        }

        var older = options
            .Older.Select(
                (o, i) =>
                    Load(
                        $"DataProtection:Older:{i}",
                        o.CertificatePath ?? "",
                        o.KeyPath,
                        o.CertificatePassword,
                        environment,
                        problems
                    )
            )
            .OfType<X509Certificate2>()
            .ToArray();
        if (older.Length > 0)
        {
            protection.UnprotectKeysWithAnyCertificate(older);
        }

        services.AddOptions<KeyRingOptions>().Bind(section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<KeyRingOptions>>(new Found(problems));
    }

    /// <summary>
    /// Makes the ring's first key while no transaction is open: inside one, SQLite's only writer would wait for itself.
    /// </summary>
    public static void WarmUpKeyRing(this IServiceProvider services) =>
        services.GetRequiredService<IDataProtectionProvider>().CreateProtector("WarmUp").Protect([0]);

    private static X509Certificate2? Load(
        string section,
        string path,
        string? keyPath,
        string? password,
        IHostEnvironment environment,
        List<string> problems
    )
    {
        var file = Path.Combine(environment.ContentRootPath, path);
        var keyFile = keyPath is null ? null : Path.Combine(environment.ContentRootPath, keyPath);
        try
        {
            var certificate = Read(file, keyFile, password);
            using var rsa = certificate.GetRSAPrivateKey();
            if (rsa is not null)
            {
                return certificate;
            }

            certificate.Dispose();
            problems.Add(
                $"{section}:CertificatePath must hold a certificate with its RSA private key, but '{path}' has none."
            );
        }
        catch (Exception exception)
            when (exception is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException
            )
        {
            problems.Add(
                $"{section}:CertificatePath must be a readable certificate (PFX, or PEM with KeyPath), but '{path}' is not: {exception.Message.ReplaceLineEndings(" ")}"
            );
        }

        return null;
    }

    private static X509Certificate2 Read(string file, string? keyFile, string? password)
    {
        if (X509Certificate2.GetCertContentType(file) == X509ContentType.Pkcs12)
        {
            return X509CertificateLoader.LoadPkcs12FromFile(file, password, X509KeyStorageFlags.EphemeralKeySet);
        }

        return password is null
            ? X509Certificate2.CreateFromPemFile(file, keyFile)
            : X509Certificate2.CreateFromEncryptedPemFile(file, password, keyFile);
    }

    private sealed class Found(List<string> problems) : IValidateOptions<KeyRingOptions>
    {
        public ValidateOptionsResult Validate(string? name, KeyRingOptions options) =>
            problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }
}
