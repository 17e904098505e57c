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

        var folder = Path.Combine(Path.GetTempPath(), "idp-postgres-" + Path.GetRandomFileName());
        var start = new ProcessStartInfo(Repository.PathOf("tests", "Support", "postgres"))
        {
            ArgumentList = { "start", folder, $"{Environment.ProcessId}" },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
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
}
