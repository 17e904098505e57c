using System.Text.Json;
using IdentityProvider.Data;
using IdP.Recovery.Audit;
using IdP.Recovery.Lockout;
using IdP.Recovery.MfaReset;
using IdP.Recovery.PasswordReset;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.CommandLine;

/// <summary>What operators do to people on the command line, as a process on a database of its own.</summary>
[StartsProcesses]
public sealed class UsersCommandTests
{
    private const string Password = "nine purple otters juggle quietly";

    [Theory]
    [InlineData(DatabaseProvider.Sqlite)]
    [InlineData(DatabaseProvider.PostgreSql, Traits = ["soak", "only"])]
    public async Task An_administrator_is_made_with_a_one_time_link_and_recovered_with_another(
        DatabaseProvider provider
    )
    {
        await using var database = await TestDatabase.CreateAsync(provider);
        var made = await Executable.RunAsync(
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

        var recovered = await Executable.RunAsync(database, null, "admin", "recover", "--email", "root@example.test");
        Assert.Equal(0, recovered.ExitCode);
        Assert.Contains("http://localhost:5080/reset/open?token=", recovered.Output, StringComparison.Ordinal);

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
                await Executable.RunAsync(
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
            (await Executable.RunAsync(database, null, "users", "create", "--email", "ben@example.test")).ExitCode
        );
        var weak = await Executable.RunAsync(
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
        var users = await context.Users.OrderBy(u => u.Email).ToListAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["ada@example.test", "ben@example.test"], users.Select(u => u.Email));
        Assert.StartsWith("$argon2id$", users[0].PasswordHash, StringComparison.Ordinal);
        Assert.Null(users[1].PasswordHash);
        Assert.Equal(
            "BEN@EXAMPLE.TEST",
            (await context.Set<ResetRequest>().SingleAsync(TestContext.Current.CancellationToken)).Address
        );
    }

    [Fact]
    public async Task An_account_is_unlocked_and_its_password_stays()
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite);
        await host.CreateAccountAsync();
        for (var i = 0; i < 5; i++)
        {
            await host.SignsInAsync("ada@example.test", "wrong");
        }

        // The process has a clock of its own, which is past the test's: the lock is made to last.
        await using (var context = host.Database.OpenContext())
        {
            await context
                .Set<IdP.Recovery.Lockout.FailureCount>()
                .ExecuteUpdateAsync(
                    set => set.SetProperty(c => c.LockedUntil, DateTimeOffset.MaxValue.AddDays(-1)),
                    TestContext.Current.CancellationToken
                );
        }

        Assert.False(await host.SignsInAsync("ada@example.test", RecoveryHost.GoodPassword));
        var ran = await Executable.RunAsync(host.Database, null, "users", "unlock", "--email", "ada@example.test");

        Assert.True(ran.ExitCode == 0, ran.Output + ran.Errors);
        Assert.Contains("Unlocked", ran.Output, StringComparison.Ordinal);
        Assert.True(await host.SignsInAsync("ada@example.test", RecoveryHost.GoodPassword));
        var unknown = await Executable.RunAsync(
            host.Database,
            null,
            "users",
            "unlock",
            "--email",
            "nobody@example.test"
        );
        Assert.Equal(1, unknown.ExitCode);
    }

    [Fact]
    public async Task What_its_owner_has_closed_is_opened_only_when_that_is_said_with_a_reason()
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite);
        var ada = await host.CreateAccountAsync();
        await host.InScopeAsync(p =>
            p.GetRequiredService<IAccountLocks>().CloseUntilResetAsync(ada.Id, TestContext.Current.CancellationToken)
        );
        string[] unlock = ["users", "unlock", "--email", "ada@example.test"];

        var closed = await Executable.RunAsync(host.Database, null, unlock);
        Assert.Equal(1, closed.ExitCode);
        Assert.Contains("--reopen", closed.Errors, StringComparison.Ordinal);
        var unsaid = await Executable.RunAsync(host.Database, null, [.. unlock, "--reopen"]);
        Assert.Equal(1, unsaid.ExitCode);
        Assert.Contains("--reason", unsaid.Errors, StringComparison.Ordinal);
        var opened = await Executable.RunAsync(host.Database, null, [.. unlock, "--reopen", "--reason", "It was her"]);

        Assert.Equal((0, "Opened ada@example.test."), (opened.ExitCode, opened.Output.Trim()));
        Assert.True(await host.SignsInAsync("ada@example.test", RecoveryHost.GoodPassword));
    }

    [Fact]
    public async Task People_are_listed_with_their_second_factor_and_reset_one_or_many_at_once()
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite);
        var ada = await host.CreateAccountAsync();
        await host.EnrollTotpAsync(ada.Id);
        await host.CreateAccountAsync("ben@example.test", null);

        await host.CreateRecoveryCodesAsync(ada.Id);
        var factors = await Executable.RunAsync(
            host.Database,
            null,
            "users",
            "factors",
            "--email",
            "ada@example.test",
            "--json"
        );
        var held = JsonDocument.Parse(factors.Output).RootElement;
        var app = Assert.Single(held.GetProperty("factors").EnumerateArray());
        Assert.Equal("totp", app.GetProperty("kind").GetString());
        Assert.Equal("Phone", app.GetProperty("name").GetString());
        Assert.Equal(10, held.GetProperty("recoveryCodes").GetInt32());
        var all = await Executable.RunAsync(host.Database, null, "users", "list");
        Assert.Equal(
            ["ada@example.test enrolled", "ben@example.test notRequired"],
            all.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        );
        var listed = await Executable.RunAsync(host.Database, null, "users", "list", "--mfa", "enrolled");
        Assert.Equal("ada@example.test enrolled", listed.Output.Trim());

        var tooLong = await ResetAsync(host, "--exclusion-days", "366");
        Assert.Equal(1, tooLong.ExitCode);
        Assert.Contains("--exclusion-days", tooLong.Errors, StringComparison.Ordinal);
        var dry = await ResetAsync(
            host,
            "--email",
            "ben@example.test",
            "--days",
            "7",
            "--spread-days",
            "3",
            "--dry-run"
        );
        Assert.Equal((0, ""), (dry.ExitCode, dry.Errors));
        Assert.StartsWith("1 of 2 have MFA, 2 would be reset.", dry.Output, StringComparison.Ordinal);
        Assert.Equal(2, dry.Output.Split("1 must have enrolled").Length - 1);
        Assert.EndsWith("Nothing was changed.", dry.Output.Trim(), StringComparison.Ordinal);
        Assert.True((await host.FindAsync(ada.Id)).Factors.Any);
        var tooWide = await ResetAsync(
            host,
            "--email",
            "ben@example.test",
            "--days",
            "7",
            "--spread-days",
            "360",
            "--dry-run"
        );
        Assert.Equal(1, tooWide.ExitCode);
        Assert.Contains("--spread-days", tooWide.Errors, StringComparison.Ordinal);
        var one = await ResetAsync(host, "--exclusion-days", "365");
        Assert.Equal((0, ""), (one.ExitCode, one.Errors));
        Assert.False((await host.FindAsync(ada.Id)).Factors.Any);

        await host.EnrollTotpAsync(ada.Id);
        host.Time.SetUtcNow(new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var job = ResetAsync(host, "--email", "ben@example.test", "--exclusion", "--wait");
        while ((await host.RowsAsync<MfaResetBatch>()).Count == 0 && !job.IsCompleted)
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        await host.DrainAsync();
        var many = await job;
        Assert.Equal((0, "2 of 2 were reset."), (many.ExitCode, many.Output.Trim()));
        Assert.StartsWith("Job ", many.Errors, StringComparison.Ordinal);
        Assert.False((await host.FindAsync(ada.Id)).Factors.Any);
        Assert.Equal(
            3,
            (await host.RowsAsync<IdP.Recovery.Audit.AuditEvent>()).Count(e =>
                e.Type == IdP.Recovery.Audit.AuditEventTypes.MfaReset && e.Why == "New phones"
            )
        );
    }

    private static Task<Executable.Result> ResetAsync(RecoveryHost host, params string[] arguments) =>
        Executable.RunAsync(
            host.Database,
            null,
            ["users", "reset-mfa", "--email", "ada@example.test", "--reason", "New phones", .. arguments]
        );

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
            var refused = await Executable.RunAsync(database, null, "users", "import", file);
            Assert.Equal(1, refused.ExitCode);
            Assert.Contains("3", refused.Errors, StringComparison.Ordinal);
            Assert.Contains("4", refused.Errors, StringComparison.Ordinal);
            Assert.Empty(await EmailsAsync(database));

            await Executable.RunAsync(database, null, "users", "import", file, "--skip-invalid");
            Assert.Equal(["ada@example.test", "ben@example.test"], await EmailsAsync(database));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_import_takes_no_address_by_which_another_account_is_recovered(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync();
        await using (var context = host.Database.OpenContext())
        {
            var now = host.Time.GetUtcNow();
            context.Add(
                new IdP.Recovery.RecoveryAddress
                {
                    Id = Guid.CreateVersion7(now),
                    AccountId = account.Id,
                    Address = "further@example.test",
                    Normalized = "FURTHER@EXAMPLE.TEST",
                    Confirmed = "FURTHER@EXAMPLE.TEST",
                    ConfirmedAt = now,
                    CreatedAt = now,
                }
            );
            await context.SaveChangesAsync(TestContext.Current.CancellationToken);
        }

        var file = Path.Combine(Path.GetTempPath(), $"{Path.GetRandomFileName()}.csv");
        await File.WriteAllTextAsync(
            file,
            "email\nben@example.test\nfurther@example.test\n",
            TestContext.Current.CancellationToken
        );
        try
        {
            var refused = await Executable.RunAsync(host.Database, null, "users", "import", file);
            Assert.Equal(1, refused.ExitCode);
            Assert.Contains("3", refused.Errors, StringComparison.Ordinal);
            Assert.DoesNotContain("ben@example.test", await EmailsAsync(host.Database));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task<List<string?>> EmailsAsync(TestDatabase database)
    {
        await using var context = database.OpenContext();
        return await context
            .Users.OrderBy(u => u.Email)
            .Select(u => u.Email)
            .ToListAsync(TestContext.Current.CancellationToken);
    }
}
