using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using IdentityProvider.Data;
using IdentityProvider.DataProtection;
using IdentityProvider.Operations;
using IdP.Recovery;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace IdentityProvider.CommandLine;

/// <summary>The host's parts without its server and workers, for the length of one command.</summary>
internal static class CommandHost
{
    /// <summary>Who the audit says it was.</summary>
    public const string Actor = "command-line";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary><c>--json</c>.</summary>
    public static Option<bool> NewJsonOption() => new("--json") { Description = "Write the result as JSON." };

    /// <summary>Runs a command's work in a scope, on a database that is migrated.</summary>
    public static async Task<int> RunAsync(Func<IServiceProvider, Task<int>> work, CancellationToken cancellationToken)
    {
        await using var app = Build();
        SettingsProblems.Check(app.Services);
        await using var scope = app.Services.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<IdpDbContext>().Database;
        if ((await database.GetPendingMigrationsAsync(cancellationToken)).Any())
        {
            throw new CommandFailure("The database is not up to date: run 'migrate' first.");
        }

        app.Services.WarmUpKeyRing();
        return await work(scope.ServiceProvider);
    }

    public static WebApplication Build()
    {
        var builder = ProviderHost.CreateBuilder([]);

        // What a command answers is on stdout, alone.
        builder.Logging.ClearProviders();
        builder.Logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Logging.AddFilter(
            (category, level) =>
                level >= LogLevel.Warning && category?.StartsWith("Id", StringComparison.Ordinal) == true
        );
        builder.Services.Replace(ServiceDescriptor.Singleton<IRecoveryJobs, LeaveToServers>());
        return ProviderHost.Build(builder);
    }

    public static void WriteJson(object value) => Console.Out.WriteLine(JsonSerializer.Serialize(value, Json));

    // The row is what counts: a server finds it within seconds.
    private sealed class LeaveToServers : IRecoveryJobs
    {
        public void Wake(OutboxLane lane) { }
    }
}
