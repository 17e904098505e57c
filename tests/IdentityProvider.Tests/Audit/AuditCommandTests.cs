using System.Text.Json;
using IdentityProvider.Data;
using IdentityProvider.Tests.CommandLine;
using IdP.Recovery.Audit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Audit;

/// <summary>The commands <c>audit verify</c> and <c>audit export</c>, as processes of their own.</summary>
[StartsProcesses]
public sealed class AuditCommandTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(DatabaseProvider.Sqlite)]
    [InlineData(DatabaseProvider.PostgreSql, Traits = ["soak", "only"])]
    public async Task Verify_prints_the_head_and_ends_with_1_once_an_event_was_changed(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await WriteAsync(host);

        var good = await RunAsync(host, "audit", "verify", "--json");
        Assert.Equal((0, ""), (good.ExitCode, good.Errors));
        using var json = JsonDocument.Parse(good.Output);
        Assert.True(json.RootElement.GetProperty("holds").GetBoolean());
        var head = json.RootElement.GetProperty("head").GetString()!;
        Assert.Equal(0, (await RunAsync(host, "audit", "verify", "--head", head)).ExitCode);

        await using (var context = host.Database.OpenContext())
        {
            await context
                .Set<AuditEvent>()
                .Where(e => e.Type == AuditEventTypes.SignInFailed)
                .ExecuteUpdateAsync(s => s.SetProperty(e => e.Network, "203.0.113.9"), Cancelled);
        }

        var bad = await RunAsync(host, "audit", "verify");
        Assert.Equal(1, bad.ExitCode);
        Assert.Contains("1: event", bad.Output, StringComparison.Ordinal);
        var told = await RunAsync(host, "audit", "verify", "--json");
        Assert.Equal(1, told.ExitCode);
        using var flaws = JsonDocument.Parse(told.Output);
        var flaw = flaws.RootElement.GetProperty("flaws")[0];
        Assert.Equal(("changed", 1), (flaw.GetProperty("kind").GetString(), flaw.GetProperty("sequence").GetInt32()));
    }

    [Fact]
    public async Task Verify_finds_another_chain_by_the_head_and_refuses_what_is_no_head()
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite);
        await WriteAsync(host);
        var other = await RunAsync(host, "audit", "verify", "--head", "1:" + new string('0', 64));
        Assert.Equal(1, other.ExitCode);
        Assert.Contains("another hash", other.Output, StringComparison.Ordinal);
        Assert.Equal(2, (await RunAsync(host, "audit", "verify", "--head", "17")).ExitCode);
    }

    [Fact]
    public async Task Export_writes_what_the_filter_takes_to_standard_output_or_a_new_file()
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite);
        var ada = await host.CreateAccountAsync();
        await WriteAsync(host);
        await host.SignsInAsync("ada@example.test", "wrong");

        var lines = await RunAsync(host, "audit", "export", "--account", "ada@example.test", "--json");
        Assert.Equal(0, lines.ExitCode);
        var line = Assert.Single(lines.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        using (var json = JsonDocument.Parse(line))
        {
            Assert.Equal(ada.Id, json.RootElement.GetProperty("account").GetString());
        }

        var file = Path.Combine(Path.GetTempPath(), $"{Path.GetRandomFileName()}.csv");
        try
        {
            string[] export = ["audit", "export", "--from", "2026-03-14", "--output", file];
            Assert.Equal(0, (await RunAsync(host, export)).ExitCode);
            Assert.StartsWith(
                "sequence,id,at,",
                await File.ReadAllTextAsync(file, Cancelled),
                StringComparison.Ordinal
            );
            Assert.Equal(1, (await RunAsync(host, export)).ExitCode);
        }
        finally
        {
            File.Delete(file);
        }

        Assert.Equal(1, (await RunAsync(host, "audit", "export", "--actor", "nobody@example.test")).ExitCode);
        Assert.Equal(2, (await RunAsync(host, "audit", "export", "--to", "soon")).ExitCode);
        Assert.Equal(2, (await RunAsync(host, "audit", "export", "--format", "xml")).ExitCode);
        Assert.Equal(
            ["command-line", "command-line"],
            (await host.RowsAsync<AuditEvent>())
                .Where(e => e.Type == AuditEventTypes.AuditExported)
                .Select(e => e.ActorId)
        );
    }

    private static async Task WriteAsync(RecoveryHost host)
    {
        await host.SignsInAsync("nobody@example.test", "wrong");
        await host.CallAsync<SealAudit, int>(s => s.RunAsync(Cancelled));
    }

    private static Task<Executable.Result> RunAsync(RecoveryHost host, params string[] arguments) =>
        Executable.RunAsync(host.Database, null, arguments);
}
