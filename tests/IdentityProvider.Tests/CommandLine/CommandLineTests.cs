using System.Text.Json;
using IdentityProvider.Data;
using IdentityProvider.Keys;
using IdP.Recovery.Audit;
using IdP.Recovery.PasswordReset;
using Microsoft.EntityFrameworkCore;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.CommandLine;

/// <summary>The command line, as a process on a database of its own.</summary>
public sealed class CommandLineTests
{
    private const string Password = "nine purple otters juggle quietly";

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_administrator_is_made_with_a_one_time_link_and_recovered_with_another(
        DatabaseProvider provider
    )
    {
        await using var database = await TestDatabase.CreateAsync(provider);
        var made = await RunAsync(
            database,
            null,
            "admin",
            "create",
            "--email",
            "root@example.test",
            "--json"
        );
        Assert.Equal(0, made.ExitCode);
        Assert.Contains("/reset/open?token=", made.Output, StringComparison.Ordinal);
        using var _ = JsonDocument.Parse(made.Output);

        var recovered = await RunAsync(
            database,
            null,
            "admin",
            "recover",
            "--email",
            "root@example.test"
        );
        Assert.Equal(0, recovered.ExitCode);
        Assert.Contains(
            "http://localhost:5080/reset/open?token=",
            recovered.Output,
            StringComparison.Ordinal
        );

        await using var context = database.OpenContext();
        Assert.Equal(
            ["break-glass", "set-up"],
            await context
                .Set<AuditEvent>()
                .Where(e => e.Type == AuditEventTypes.ResetIssued && e.ActorId == "command-line")
                .Select(e => e.Reason)
                .Order()
                .ToListAsync(TestContext.Current.CancellationToken)
        );
    }

    [Fact]
    public async Task A_user_is_made_with_a_password_from_standard_input_and_without_one_gets_a_link_by_mail()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseProvider.Sqlite);
        Assert.Equal(
            0,
            (
                await RunAsync(
                    database,
                    Password,
                    "users",
                    "create",
                    "--email",
                    "ada@example.test",
                    "--password-stdin"
                )
            ).ExitCode
        );
        Assert.Equal(
            0,
            (
                await RunAsync(database, null, "users", "create", "--email", "ben@example.test")
            ).ExitCode
        );
        var weak = await RunAsync(
            database,
            "password",
            "users",
            "create",
            "--email",
            "eve@example.test",
            "--password-stdin"
        );
        Assert.Equal(1, weak.ExitCode);
        Assert.DoesNotContain("   at ", weak.Errors, StringComparison.Ordinal);

        await using var context = database.OpenContext();
        var users = await context
            .Users.OrderBy(u => u.Email)
            .ToListAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["ada@example.test", "ben@example.test"], users.Select(u => u.Email));
        Assert.StartsWith("$argon2id$", users[0].PasswordHash, StringComparison.Ordinal);
        Assert.Null(users[1].PasswordHash);
        Assert.Equal(
            "BEN@EXAMPLE.TEST",
            (
                await context
                    .Set<PasswordResetRequest>()
                    .SingleAsync(TestContext.Current.CancellationToken)
            ).Address
        );
    }

    [Fact]
    public async Task One_bad_line_keeps_a_whole_import_out_and_is_named_and_can_be_skipped()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseProvider.Sqlite);
        var file = Path.Combine(Path.GetTempPath(), $"{Path.GetRandomFileName()}.csv");
        await File.WriteAllTextAsync(
            file,
            "\uFEFFemail,name\nada@example.test,\"Lovelace, Ada\"\nnot-an-address,Nobody\nada@EXAMPLE.test,Twice\nben@example.test,Ben\n",
            TestContext.Current.CancellationToken
        );
        try
        {
            var refused = await RunAsync(database, null, "users", "import", file);
            Assert.Equal(1, refused.ExitCode);
            Assert.Contains("3", refused.Errors, StringComparison.Ordinal);
            Assert.Contains("4", refused.Errors, StringComparison.Ordinal);
            Assert.Empty(await EmailsAsync(database));

            await RunAsync(database, null, "users", "import", file, "--skip-invalid");
            Assert.Equal(["ada@example.test", "ben@example.test"], await EmailsAsync(database));
        }
        finally
        {
            File.Delete(file);
        }
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
            var plan = await RunAsync(database, null, "clients", "apply", file, "--dry-run");
            var applied = await RunAsync(database, null, "clients", "apply", file, "--json");
            var again = await RunAsync(database, null, "clients", "apply", file, "--json");
            Assert.Equal([0, 0, 0], [plan.ExitCode, applied.ExitCode, again.ExitCode]);
            Assert.Contains("shop", plan.Output, StringComparison.Ordinal);
            Assert.Contains("secret", applied.Output, StringComparison.OrdinalIgnoreCase);
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
    public async Task Rotating_keys_makes_a_new_generation_of_each()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseProvider.Sqlite);
        Assert.Equal(0, (await RunAsync(database, null, "keys", "rotate")).ExitCode);
        Assert.Equal(0, (await RunAsync(database, null, "keys", "rotate")).ExitCode);
        await using var context = database.OpenContext();
        Assert.Equal(
            3,
            await context
                .Set<ProviderKey>()
                .CountAsync(k => k.Generation == 2, TestContext.Current.CancellationToken)
        );
    }

    [Fact]
    public async Task Wrong_usage_is_told_by_its_own_exit_code()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseProvider.Sqlite);
        var wrong = await RunAsync(database, null, "users", "create");
        Assert.Equal(2, wrong.ExitCode);
        Assert.Contains("--email", wrong.Errors + wrong.Output, StringComparison.Ordinal);
        var help = await RunAsync(database, null, "--help");
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

    private static Task<Executable.Result> RunAsync(
        TestDatabase database,
        string? input,
        params string[] arguments
    ) =>
        Executable.RunAsync(
            database.Settings.Append(new("ASPNETCORE_ENVIRONMENT", "Development")),
            input,
            arguments
        );

    private static async Task<List<string?>> EmailsAsync(TestDatabase database)
    {
        await using var context = database.OpenContext();
        return await context
            .Users.OrderBy(u => u.Email)
            .Select(u => u.Email)
            .ToListAsync(TestContext.Current.CancellationToken);
    }
}
