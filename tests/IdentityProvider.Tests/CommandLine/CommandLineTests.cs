using System.Text.Json;
using IdentityProvider.Data;
using IdentityProvider.SigningKeys;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.CommandLine;

/// <summary>The command line, as a process on a database of its own.</summary>
[StartsProcesses]
public sealed class CommandLineTests
{
    [Fact]
    public async Task Migrate_makes_the_schedulers_tables_too_for_hosts_that_may_make_none()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseProvider.PostgreSql);
        var ran = await Executable.RunAsync(database, null, "migrate", "--json");
        Assert.True(ran.ExitCode == 0, ran.Errors);
        using var answer = JsonDocument.Parse(ran.Output);
        Assert.Empty(answer.RootElement.GetProperty("applied").EnumerateArray());

        await using var context = database.OpenContext();
        Assert.Equal(
            1,
            await context
                .Database.SqlQuery<int>(
                    $"SELECT count(*)::int AS \"Value\" FROM information_schema.tables WHERE table_schema = 'hangfire' AND table_name = 'job'"
                )
                .SingleAsync(TestContext.Current.CancellationToken)
        );
    }

    [Fact]
    public async Task A_clients_file_shows_its_plan_and_is_applied_once()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseProvider.Sqlite);
        var file = Path.Combine(Path.GetTempPath(), $"{Path.GetRandomFileName()}.json");
        await File.WriteAllTextAsync(
            file,
            """{ "clients": [{ "clientId": "shop", "name": "Shop", "redirectUris": ["https://shop.example.test/cb"] }] }""",
            TestContext.Current.CancellationToken
        );
        try
        {
            var plan = await Executable.RunAsync(database, null, "clients", "apply", file, "--dry-run");
            var applied = await Executable.RunAsync(database, null, "clients", "apply", file, "--json");
            var again = await Executable.RunAsync(database, null, "clients", "apply", file, "--json");
            Assert.Equal([0, 0, 0], [plan.ExitCode, applied.ExitCode, again.ExitCode]);
            Assert.Contains("shop", plan.Output, StringComparison.Ordinal);
            Assert.Contains("secret", applied.Output, StringComparison.OrdinalIgnoreCase);

            // What it was about to do stands beside the answer, which a program reads.
            Assert.Contains("create    client shop", applied.Errors, StringComparison.Ordinal);
            Assert.NotEqual(applied.Output, again.Output);
            await using var context = database.OpenContext();
            Assert.Equal(
                1,
                await context
                    .Set<OpenIddict.EntityFrameworkCore.Models.OpenIddictEntityFrameworkCoreApplication>()
                    .CountAsync(TestContext.Current.CancellationToken)
            );
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_secret_is_replaced_with_an_overlap_and_one_of_too_long_is_refused()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseProvider.Sqlite);
        var file = Path.Combine(Path.GetTempPath(), $"{Path.GetRandomFileName()}.json");
        await File.WriteAllTextAsync(
            file,
            """{ "clients": [{ "clientId": "shop", "name": "Shop", "redirectUris": ["https://shop.example.test/cb"] }] }""",
            TestContext.Current.CancellationToken
        );
        try
        {
            var applied = await Executable.RunAsync(database, null, "clients", "apply", file, "--json");
            string[] replace = ["clients", "secret", "shop", "--generate", "--overlap"];
            var replaced = await Executable.RunAsync(database, null, [.. replace, "2.00:00:00", "--json"]);
            var refused = await Executable.RunAsync(database, null, [.. replace, "31.00:00:00"]);

            Assert.Equal([0, 0], [applied.ExitCode, replaced.ExitCode]);
            Assert.NotEqual(0, refused.ExitCode);
            var old = JsonDocument.Parse(applied.Output).RootElement.GetProperty("secrets")[0];
            var answer = JsonDocument.Parse(replaced.Output).RootElement;
            await using var host = await ProviderFixture.StartAsync(on: database);
            foreach (var secret in new[] { old, answer })
            {
                Assert.Equal("unauthorized_client", await AskAsync(host, secret));
            }

            host.Time.Advance(TimeSpan.FromDays(2) + TimeSpan.FromMinutes(1));
            Assert.Equal("invalid_client", await AskAsync(host, old));
            Assert.Equal("unauthorized_client", await AskAsync(host, answer));
        }
        finally
        {
            File.Delete(file);
        }
    }

    // A client that is known may not have this grant; one that is not is told so first.
    private static async Task<string?> AskAsync(ProviderFixture host, JsonElement secret)
    {
        using var client = new HttpClient { BaseAddress = host.Origin };
        using var form = new FormUrlEncodedContent(
            new Dictionary<string, string?>
            {
                ["grant_type"] = "client_credentials",
                ["client_id"] = "shop",
                ["client_secret"] = secret.GetProperty("secret").GetString(),
            }
        );
        var answer = await client.PostAsync(
            new Uri("/connect/token", UriKind.Relative),
            form,
            TestContext.Current.CancellationToken
        );
        using var body = JsonDocument.Parse(
            await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)
        );
        return body.RootElement.GetProperty("error").GetString();
    }

    [Fact]
    public async Task Rotating_keys_makes_a_new_generation_of_each()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseProvider.Sqlite);
        Assert.Equal(0, (await Executable.RunAsync(database, null, "keys", "rotate")).ExitCode);
        Assert.Equal(0, (await Executable.RunAsync(database, null, "keys", "rotate")).ExitCode);
        await using var context = database.OpenContext();
        Assert.Equal(
            3,
            await context.Set<SigningKey>().CountAsync(k => k.Generation == 2, TestContext.Current.CancellationToken)
        );
    }

    [Fact]
    public async Task Wrong_usage_is_told_by_its_own_exit_code()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseProvider.Sqlite);
        var wrong = await Executable.RunAsync(database, null, "users", "create");
        Assert.Equal(2, wrong.ExitCode);
        Assert.Contains("--email", wrong.Errors + wrong.Output, StringComparison.Ordinal);
        var help = await Executable.RunAsync(database, null, "--help");
        Assert.Equal(0, help.ExitCode);
        Assert.Contains("admin recover", help.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_in_Production_names_every_missing_setting_in_one_message()
    {
        var result = await Executable.RunAsync(
            [
                new("ASPNETCORE_ENVIRONMENT", "Production"),
                new("Database:Provider", "PostgreSql"),
                new("Keys:KeepFor", "00:00:01"),
            ],
            null
        );
        Assert.Equal(78, result.ExitCode);
        foreach (
            var setting in new[]
            {
                "Origin",
                "Mail:Host",
                "Mail:From",
                "DataProtection:CertificatePath",
                "ConnectionStrings:Default",
                "Keys:KeepFor",
            }
        )
        {
            Assert.Contains(setting, result.Errors, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("   at ", result.Errors, StringComparison.Ordinal);
    }
}
