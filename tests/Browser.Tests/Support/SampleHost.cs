using System.Diagnostics;
using Microsoft.Playwright;
using Tests.Support;
using Xunit;

namespace Browser.Tests.Support;

/// <summary>
/// A host of others, made from the template of ASP.NET Core and the packages of this project (<c>tests/SampleHost/make</c>),
/// in a process of its own with its own mail server.
/// </summary>
internal sealed class SampleHost : IScene
{
    // Where tests/run has made it already.
    private static readonly string? Made = Environment.GetEnvironmentVariable("IDP_TEST_SAMPLE_HOST");

    private readonly string folder = Directory.CreateTempSubdirectory("idp-sample-host-").FullName;
    private readonly Chromium chromium;
    private readonly SmtpServer mail;
    private readonly List<Person> people = [];
    private Process? process;

    private SampleHost(Chromium chromium, SmtpServer mail)
    {
        this.chromium = chromium;
        this.mail = mail;
    }

    /// <summary>Where it is.</summary>
    public Uri Origin { get; } = new($"http://localhost:{ProviderFixture.FreePort()}");

    public SmtpServer Mail => mail;

    public IReadOnlyList<Person> People => people;

    private string Project => Path.Combine(Made ?? folder, "SampleHost");

    private string Database => Path.Combine(folder, "tried.db");

    /// <summary>Makes and starts it.</summary>
    public static async Task<SampleHost> StartAsync(Chromium chromium)
    {
        var host = new SampleHost(chromium, await SmtpServer.StartAsync());
        Journey.Keep(host);
        if (Made is null)
        {
            await host.MakeAsync();
        }

        File.Copy(Path.Combine(host.Project, "app.db"), host.Database);
        await host.RestartAsync();
        return host;
    }

    /// <summary>Starts it again.</summary>
    /// <param name="settings">What is another way then.</param>
    public async Task RestartAsync(params (string Name, string Value)[] settings)
    {
        await StopAsync();
        var start = new ProcessStartInfo("dotnet", [Path.Combine(Project, "bin/Debug/net10.0/SampleHost.dll")])
        {
            WorkingDirectory = Project,
            RedirectStandardOutput = true,
            Environment =
            {
                ["ASPNETCORE_ENVIRONMENT"] = "Development",
                ["ASPNETCORE_URLS"] = Origin.ToString(),
                ["Origin"] = Origin.ToString(),
                ["ConnectionStrings__DefaultConnection"] = $"DataSource={Database};Cache=Shared",
                ["Mail__Port"] = $"{mail.Port}",
            },
        };
        foreach (var (name, value) in settings)
        {
            start.Environment[name.Replace(":", "__")] = value;
        }

        process = Process.Start(start)!;
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

    /// <summary>Somebody with a browser profile of their own.</summary>
    public async Task<Person> EnterAsync(int width = 1280)
    {
        var person = new Person(
            await chromium.Browser.NewContextAsync(
                new()
                {
                    BaseURL = Origin.ToString(),
                    Locale = "en-GB",
                    ViewportSize = new ViewportSize { Width = width, Height = 800 },
                }
            ),
            "en",
            hasJavaScript: true
        );
        people.Add(person);
        await person.BeginAsync();
        return person;
    }

    public async Task EndAsync()
    {
        foreach (var person in people)
        {
            await person.DisposeAsync();
        }

        await StopAsync();
        await mail.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private async Task StopAsync()
    {
        if (process is null)
        {
            return;
        }

        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        process = null;
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
