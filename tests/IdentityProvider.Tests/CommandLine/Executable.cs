using System.Diagnostics;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.CommandLine;

/// <summary>The executable as an operator starts it: a process of its own, with settings in its environment.</summary>
internal static class Executable
{
    public sealed record Result(int ExitCode, string Output, string Errors);

    public static ProcessStartInfo Describe(
        IEnumerable<KeyValuePair<string, string?>> settings,
        params string[] arguments
    )
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Repository.PathOf("IdentityProvider"),
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "IdentityProvider.dll"));
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in settings)
        {
            start.Environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        return start;
    }

    /// <summary>In Development, on a database.</summary>
    public static Task<Result> RunAsync(TestDatabase database, string? input, params string[] arguments) =>
        RunAsync(database.Settings.Append(new("ASPNETCORE_ENVIRONMENT", "Development")), input, arguments);

    public static async Task<Result> RunAsync(
        IEnumerable<KeyValuePair<string, string?>> settings,
        string? input,
        params string[] arguments
    )
    {
        using var process = Process.Start(Describe(settings, arguments))!;
        var cancelled = TestContext.Current.CancellationToken;
        var output = process.StandardOutput.ReadToEndAsync(cancelled);
        var errors = process.StandardError.ReadToEndAsync(cancelled);
        if (input is not null)
        {
            await process.StandardInput.WriteLineAsync(input);
        }

        process.StandardInput.Close();
        await process.WaitForExitAsync(cancelled);
        return new(process.ExitCode, await output, await errors);
    }
}
