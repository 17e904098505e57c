using System.Text.Json;
using IdentityProvider.Data;
using IdP.Recovery.Endpoints;
using Microsoft.EntityFrameworkCore;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.CommandLine;

/// <summary>Endpoints on the command line: a process on a database of its own.</summary>
[StartsProcesses]
public sealed class EndpointsCommandTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Endpoints_are_listed_tested_and_sent_to_again()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseProvider.Sqlite);
        var nothing = await Executable.RunAsync(database, null, "endpoints", "list");
        Assert.Equal((0, "There are no endpoints.\n"), (nothing.ExitCode, nothing.Output));
        await AddAsync(database);

        var listed = await Executable.RunAsync(database, null, "endpoints", "list", "--json");
        using var json = JsonDocument.Parse(listed.Output);
        var only = Assert.Single(json.RootElement.EnumerateArray());
        Assert.Equal(
            ("Hooks", "webhook", "unused", 1),
            (
                only.GetProperty("name").GetString(),
                only.GetProperty("kind").GetString(),
                only.GetProperty("condition").GetString(),
                only.GetProperty("failed").GetInt32()
            )
        );

        // Its settings name an address that may not be reached from here.
        var tested = await Executable.RunAsync(database, null, "endpoints", "test", "Hooks");
        Assert.Equal((1, "Hooks does not take it: network.\n"), (tested.ExitCode, tested.Output));
        var retried = await Executable.RunAsync(database, null, "endpoints", "retry", "Hooks");
        Assert.Equal((0, "1 are tried again.\n"), (retried.ExitCode, retried.Output));
        await using var context = database.OpenContext();
        Assert.Equal(ReceiptState.Pending, (await context.Set<Receipt>().SingleAsync(Cancelled)).State);

        var unknown = await Executable.RunAsync(database, null, "endpoints", "test", "Nobody");
        Assert.Equal(1, unknown.ExitCode);
        Assert.Contains("No endpoint has that name.", unknown.Errors, StringComparison.Ordinal);
    }

    private static async Task AddAsync(TestDatabase database)
    {
        await using var context = database.OpenContext();
        var at = new DateTimeOffset(2026, 3, 14, 9, 26, 53, TimeSpan.Zero);
        var endpoint = new ServiceEndpoint
        {
            Id = Guid.CreateVersion7(at),
            Name = "Hooks",
            Kind = "webhook",
            Follows = CredentialChanges.All,
            Settings = $$"""{"url":"https://127.0.0.1:9/","secret":"{{ForeignServices.Secret}}"}""",
            CreatedAt = at,
        };
        context.Add(endpoint);
        context.Add(
            new Receipt
            {
                Id = Guid.CreateVersion7(at),
                EndpointId = endpoint.Id,
                EndpointName = endpoint.Name,
                AccountId = "ada",
                Change = CredentialChanges.Locked,
                CauseId = Guid.CreateVersion7(at),
                CreatedAt = at,
                State = ReceiptState.Failed,
            }
        );
        await context.SaveChangesAsync(Cancelled);
    }
}
