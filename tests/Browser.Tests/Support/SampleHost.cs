using System.Diagnostics;
using Tests.Support;
using Xunit;

namespace Browser.Tests.Support;

/// <summary>
/// A host of others, made from the template of ASP.NET Core and the packages of this project (<c>tests/SampleHost/make</c>),
/// in a process of its own with its own mail server.
/// </summary>
internal sealed class SampleHost : IAsyncDisposable
{
    // Where tests/run has made it already.
    private static readonly string? Made = Environment.GetEnvironmentVariable("IDP_TEST_SAMPLE_HOST");

    private readonly string folder = Directory.CreateTempSubdirectory("idp-sample-host-").FullName;
    private Process? process;
    private SmtpServer? mail;

    /// <summary>Where it is.</summary>
    public Uri Origin { get; } = new($"http://localhost:{ProviderFixture.FreePort()}");

    public SmtpServer Mail => mail!;

    /// <summary>Makes and starts it.</summary>
    public async Task StartAsync()
    {
        mail = await SmtpServer.StartAsync();
        if (Made is null)
        {
            await MakeAsync();
        }

        var project = Path.Combine(Made ?? folder, "SampleHost");
        var database = Path.Combine(folder, "tried.db");
        File.Copy(Path.Combine(project, "app.db"), database);
        process = Process.Start(
            new ProcessStartInfo("dotnet", [Path.Combine(project, "bin/Debug/net10.0/SampleHost.dll")])
            {
                WorkingDirectory = project,
                RedirectStandardOutput = true,
                Environment =
                {
                    ["ASPNETCORE_ENVIRONMENT"] = "Development",
                    ["ASPNETCORE_URLS"] = Origin.ToString(),
                    ["Origin"] = Origin.ToString(),
                    ["ConnectionStrings__DefaultConnection"] = $"DataSource={database};Cache=Shared",
                    ["Mail__Port"] = $"{mail.Port}",
                },
            }
        )!;
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            TestContext.Current.TestOutputHelper?.WriteLine(line);
            if (line.Contains("Application started", StringComparison.Ordinal))
            {
                // What it says from now on is read, or it would wait at a full pipe.
                _ = process.StandardOutput.ReadToEndAsync();
                return;
            }
        }

        throw new InvalidOperationException("The sample host has ended.");
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (process is not null)
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        if (mail is not null)
        {
            await mail.DisposeAsync();
        }

        Directory.Delete(folder, recursive: true);
    }

    private async Task MakeAsync()
    {
        using var make = Process.Start(
            new ProcessStartInfo("bash", [Repository.PathOf("tests", "SampleHost", "make"), folder])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        var (said, complained) = (make.StandardOutput.ReadToEndAsync(), make.StandardError.ReadToEndAsync());
        await make.WaitForExitAsync();
        if (make.ExitCode != 0)
        {
            throw new InvalidOperationException($"tests/SampleHost/make failed:\n{await said}\n{await complained}");
        }
    }
}
