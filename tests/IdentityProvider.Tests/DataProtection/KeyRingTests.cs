using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using IdentityProvider.SigningKeys;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.DataProtection;

/// <summary>What wraps the key ring, and what a copy of the database is worth without it.</summary>
public sealed class KeyRingTests
{
    private const string Password = "only for this file";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_stolen_database_opens_nothing_without_the_certificate()
    {
        using var certificate = NewCertificate();
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(file, certificate.Export(X509ContentType.Pfx), Cancelled);
            await using var one = await ProviderFixture.StartAsync(
                settings: [("DataProtection:CertificatePath", file)]
            );
            await using (var context = one.Database.OpenContext())
            {
                var ring = await context.DataProtectionKeys.ToListAsync(Cancelled);
                Assert.NotEmpty(ring);
                Assert.All(ring, k => Assert.Contains("EncryptedKey", k.Xml, StringComparison.Ordinal));
                Assert.All(ring, k => Assert.DoesNotContain("<masterKey", k.Xml, StringComparison.Ordinal));
                foreach (var key in await context.Set<SigningKey>().ToListAsync(Cancelled))
                {
                    using var rsa = RSA.Create();
                    Assert.ThrowsAny<CryptographicException>(() =>
                        rsa.ImportPkcs8PrivateKey(Convert.FromBase64String(key.ProtectedKey), out _)
                    );
                }
            }

            await Assert.ThrowsAnyAsync<CryptographicException>(() => ProviderFixture.StartAsync(besides: one));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("PFX")]
    [InlineData("PFX with a password")]
    [InlineData("PEM")]
    [InlineData("PEM with an encrypted key")]
    public async Task A_ring_that_an_older_certificate_has_wrapped_still_opens(string form)
    {
        using var old = NewCertificate();
        using var next = NewCertificate();
        var folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            var before = Save(folder, "old", old, form);
            var after = Save(folder, "next", next, "PFX");
            await using var one = await ProviderFixture.StartAsync(
                settings: before.Select(s => ("DataProtection:" + s.Name, s.Value))
            );
            await one.CreateAccountAsync();
            using var browser = one.NewBrowser();
            await browser.SubmitAsync(
                await browser.GetAsync("/login"),
                ("Email", "ada@example.test"),
                ("Password", ProviderFixture.GoodPassword)
            );
            await one.StopAsync();

            await using var other = await ProviderFixture.StartAsync(
                settings:
                [
                    .. after.Select(s => ("DataProtection:" + s.Name, s.Value)),
                    .. before.Select(s => ("DataProtection:Older:0:" + s.Name, s.Value)),
                ],
                besides: one
            );

            Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync(new Uri(other.Origin, "/account"))).Status);

            // The older one unwraps, and wraps nothing any more.
            var now = other.Time.GetUtcNow();
            other.Services.GetRequiredService<IKeyManager>().CreateNewKey(now, now.AddDays(90));
            await using var context = other.Database.OpenContext();
            var ring = await context.DataProtectionKeys.OrderBy(k => k.Id).Select(k => k.Xml!).ToListAsync(Cancelled);
            Assert.Contains(Convert.ToBase64String(old.RawData), ring[0], StringComparison.Ordinal);
            Assert.Contains(Convert.ToBase64String(next.RawData), ring[^1], StringComparison.Ordinal);

            // Without it the new certificate alone does not open what it has not wrapped.
            await Assert.ThrowsAnyAsync<CryptographicException>(() =>
                ProviderFixture.StartAsync(
                    settings: after.Select(s => ("DataProtection:" + s.Name, s.Value)),
                    besides: one
                )
            );
            await one.StartAgainAsync();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task An_older_certificate_that_cannot_be_read_is_refused_and_named()
    {
        using var certificate = NewCertificate();
        var folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            var settings = Save(folder, "now", certificate, "PFX");
            var refused = await Assert.ThrowsAsync<OptionsValidationException>(() =>
                ProviderFixture.StartAsync(
                    settings:
                    [
                        .. settings.Select(s => ("DataProtection:" + s.Name, s.Value)),
                        ("DataProtection:Older:0:CertificatePath", settings[0].Value),
                        ("DataProtection:Older:1:CertificatePath", "not-there.pfx"),
                    ]
                )
            );

            Assert.StartsWith(
                "DataProtection:Older:1:CertificatePath must be a readable certificate",
                Assert.Single(refused.Failures),
                StringComparison.Ordinal
            );
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static List<(string Name, string Value)> Save(
        string folder,
        string name,
        X509Certificate2 certificate,
        string form
    )
    {
        var file = Path.Combine(folder, name);
        if (form.StartsWith("PFX", StringComparison.Ordinal))
        {
            var password = form == "PFX" ? null : Password;
            File.WriteAllBytes(file, certificate.Export(X509ContentType.Pfx, password));
            return password is null
                ? [("CertificatePath", file)]
                : [("CertificatePath", file), ("CertificatePassword", password)];
        }

        using var key = certificate.GetRSAPrivateKey()!;
        var isEncrypted = form != "PEM";
        File.WriteAllText(file, certificate.ExportCertificatePem());
        File.WriteAllText(
            file + ".key",
            isEncrypted
                ? key.ExportEncryptedPkcs8PrivateKeyPem(
                    Password,
                    new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1_000)
                )
                : key.ExportPkcs8PrivateKeyPem()
        );
        return
        [
            ("CertificatePath", file),
            ("KeyPath", file + ".key"),
            .. isEncrypted ? [("CertificatePassword", Password)] : Array.Empty<(string, string)>(),
        ];
    }

    private static X509Certificate2 NewCertificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=ring", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
    }
}
