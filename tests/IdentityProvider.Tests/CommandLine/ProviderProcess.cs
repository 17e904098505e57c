using System.Collections.Concurrent;
using System.Diagnostics;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.CommandLine;

/// <summary>The host in a process of its own, in Development: it catches mail and has the real clock.</summary>
internal sealed class ProviderProcess : IDisposable
{
    private readonly ConcurrentQueue<string> said = new();
    private readonly Process process;

    // Of the test that started it, which shows it when it fails, and leaves it in its report.
    private readonly ITestOutputHelper? output = TestContext.Current.TestOutputHelper;

    private ProviderProcess(Process process, Uri address)
    {
        this.process = process;
        Address = address;
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>Starts one.</summary>
    /// <param name="database">Its database.</param>
    /// <param name="address">Where it listens.</param>
    /// <param name="origin">What links and the issuer are built from: the same on every node.</param>
    /// <param name="more">More settings.</param>
    public static ProviderProcess Start(
        TestDatabase database,
        Uri address,
        Uri origin,
        params (string Name, string Value)[] more
    ) =>
        Start(
            address,
            [
                .. database.Settings,
                new("ASPNETCORE_ENVIRONMENT", "Development"),
                new("Origin", origin.ToString()),
                .. more.Select(m => new KeyValuePair<string, string?>(m.Name, m.Value)),
            ]
        );

    /// <summary>Starts one with these settings alone.</summary>
    public static ProviderProcess Start(Uri address, IEnumerable<KeyValuePair<string, string?>> settings) =>
        new(
            new Process { StartInfo = Executable.Describe([.. settings, new("ASPNETCORE_URLS", address.ToString())]) },
            address
        );

    public async Task ReadyAsync()
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromMinutes(2));
        using var client = new HttpClient { BaseAddress = Address };
        while (true)
        {
            Assert.False(process.HasExited, $"The host has ended: {string.Join(Environment.NewLine, said)}");
            try
            {
                using var response = await client.GetAsync(new Uri("/health/ready", UriKind.Relative), patience.Token);
                if (response.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                await Task.Delay(50, patience.Token);
            }
        }
    }

    /// <summary>What it wrote so far.</summary>
    public string Said => string.Join('\n', said);

    private void Keep(string? line)
    {
        said.Enqueue(line ?? "");
        try
        {
            output?.WriteLine($"{Address.Port}: {line}");
        }
        catch (InvalidOperationException)
        {
            // It may say a last word after the test.
        }
    }

    /// <summary>Asks it to end, as a service manager does (SIGTERM).</summary>
    public async Task AskToEndAsync()
    {
        using var kill = Process.Start("/bin/kill", ["-TERM", $"{process.Id}"]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Waits until it has ended; gives its exit code.</summary>
    public async Task<int> EndAsync()
    {
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return process.ExitCode;
    }

    public async Task KillAsync()
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
        }

        process.Dispose();
    }
}
