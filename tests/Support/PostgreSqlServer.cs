using System.Diagnostics;

namespace Tests.Support;

/// <summary>
/// The PostgreSQL that tests run on: the one named in <c>IDP_TEST_POSTGRES</c> (a connection string that may create
/// databases), else a throw-away one that ends with this process.
/// </summary>
internal static class PostgreSqlServer
{
    private static readonly Lazy<Task<string>> Started = new(StartAsync);

    /// <summary>A connection string to the server's own database.</summary>
    public static Task<string> ConnectionStringAsync => Started.Value;

    private static async Task<string> StartAsync()
    {
        if (Environment.GetEnvironmentVariable("IDP_TEST_POSTGRES") is { Length: > 0 } given)
        {
            return given;
        }

        return await ScriptAsync("start", NewFolder(), $"{Environment.ProcessId}");
    }

    /// <summary>Runs <c>tests/Support/postgres</c>; gives what it says.</summary>
    public static async Task<string> ScriptAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Repository.PathOf("tests", "Support", "postgres"))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException(
                "No PostgreSQL for the tests. Run tests/run, which installs it, or set IDP_TEST_POSTGRES to a "
                    + $"connection string that may create databases. {await errors}"
            );
        }

        return (await output).Trim();
    }

    public static string NewFolder() => Path.Combine(Path.GetTempPath(), "idp-postgres-" + Path.GetRandomFileName());
}

/// <summary>A PostgreSQL of one test's own, which can go away and come back.</summary>
internal sealed class OwnPostgreSql : IAsyncDisposable
{
    private readonly string folder = PostgreSqlServer.NewFolder();

    private OwnPostgreSql() { }

    public string ConnectionString { get; private set; } = "";

    public static async Task<OwnPostgreSql> StartAsync()
    {
        var server = new OwnPostgreSql();
        server.ConnectionString = await PostgreSqlServer.ScriptAsync(
            "start",
            server.folder,
            $"{Environment.ProcessId}"
        );
        return server;
    }

    public Task HaltAsync() => PostgreSqlServer.ScriptAsync("halt", folder);

    public Task ResumeAsync() => PostgreSqlServer.ScriptAsync("resume", folder);

    public async ValueTask DisposeAsync() => await PostgreSqlServer.ScriptAsync("stop", folder);
}
