using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using IdentityProvider.Data;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.CommandLine;

/// <summary>A start that the settings do not allow: one message, with a line for each of them.</summary>
[StartsProcesses]
public sealed class SettingsTests
{
    [Fact]
    public async Task Values_of_a_wrong_type_are_told_together_with_all_else_that_is_wrong()
    {
        var result = await Executable.RunAsync(
            [
                new("ASPNETCORE_ENVIRONMENT", "Production"),
                new("Sessions:Idle", "abc"),
                new("Sessions:Lifetime", "99999999999999"),
                new("Mail:Port", "smtp"),
                new("Mail:Timeout", "01:00:00"),
                new("Mail:Security", "Perhaps"),
                new("Database:Provider", "MySql"),
                new("Database:MigrateAtStart", "maybe"),
                new("AccountRecovery:Hashing:Parallel", "all of them"),
                new("OpenId:Retention", "00:00:01"),
                new("Keys:UseFor", "a year"),
                new("Proxies:Trusted:0", "everybody"),
            ],
            null
        );

        Assert.Equal(78, result.ExitCode);
        var lines = result.Errors.Split('\n', StringSplitOptions.TrimEntries);
        foreach (
            var problem in (string[])
                [
                    "Origin must",
                    "Sessions:Idle must be a time such as 00:10:00, but was 'abc'.",
                    "Sessions:Lifetime must be a time such as 00:10:00, but was '99999999999999'.",
                    "Mail:Host must be set",
                    "Mail:Port must be a whole number, but was 'smtp'.",
                    "Mail:Timeout must be 00:00:01 to 00:01:00, but was 01:00:00.",
                    "Mail:Security must be",
                    "Database:Provider must be a DatabaseProvider, but was 'MySql'.",
                    "Database:MigrateAtStart must be true or false, but was 'maybe'.",
                    "AccountRecovery:Hashing:Parallel must be a whole number, but was 'all of them'.",
                    "OpenId:Retention must be from 1 to 365 days.",
                    "Keys:UseFor must be a time such as 00:10:00, but was 'a year'.",
                    "Proxies:Trusted must hold",
                    "DataProtection:CertificatePath must be set",
                ]
        )
        {
            Assert.Single(lines, l => l.StartsWith("- " + problem, StringComparison.Ordinal));
        }

        Assert.All(
            lines.Where(l => l.StartsWith("- ", StringComparison.Ordinal)).GroupBy(l => l.Split(' ')[1]),
            setting => Assert.Single(setting)
        );
        Assert.Single(lines, l => l.StartsWith("The settings do not allow", StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("xception", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_READMEs_settings_for_PostgreSQL_start_in_Production_as_they_are_printed()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseProvider.PostgreSql);
        var readme = await File.ReadAllLinesAsync(
            Repository.PathOf("README.md"),
            TestContext.Current.CancellationToken
        );
        var settings = readme
            .SkipWhile(l => !l.StartsWith("## PostgreSQL", StringComparison.Ordinal))
            .Skip(2)
            .TakeWhile(l => l.StartsWith("    ", StringComparison.Ordinal))
            .Select(l => l.Trim().Split('=', 2))
            .ToDictionary(p => p[0], p => (string?)p[1].Trim('\''));
        Assert.Equal("Production", settings["ASPNETCORE_ENVIRONMENT"]);

        // What only its reader can know.
        var ring = Path.GetTempFileName();
        using (var key = RSA.Create(2048))
        {
            var request = new CertificateRequest("CN=ring", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            using var certificate = request.CreateSelfSigned(
                DateTimeOffset.UnixEpoch,
                DateTimeOffset.UnixEpoch.AddYears(100)
            );
            await File.WriteAllBytesAsync(
                ring,
                certificate.Export(X509ContentType.Pfx),
                TestContext.Current.CancellationToken
            );
        }

        Assert.True(settings.ContainsKey("DataProtection__CertificatePath"));
        settings["DataProtection__CertificatePath"] = ring;
        Assert.True(settings.ContainsKey("ConnectionStrings__Default"));
        settings["ConnectionStrings__Default"] = database.ConnectionString;
        try
        {
            using var process = ProviderProcess.Start(
                new Uri($"http://127.0.0.1:{ProviderFixture.FreePort()}"),
                settings
            );
            await process.ReadyAsync();
            await process.KillAsync();
        }
        finally
        {
            File.Delete(ring);
        }
    }
}
