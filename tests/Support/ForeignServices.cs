using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Tests.Support;

/// <summary>
/// A SCIM service and a receiver of webhooks, on libraries that this project did not write (SCIMMY, Standard Webhooks), on
/// a free loopback port, in a process of its own.
/// </summary>
internal sealed class ForeignServices : IAsyncDisposable
{
    public const string Token = "the-token-of-the-directory";
    public const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    private readonly Process process;
    private readonly HttpClient http;

    private ForeignServices(Process process, int port)
    {
        this.process = process;
        http = new HttpClient { BaseAddress = new Uri(FormattableString.Invariant($"http://127.0.0.1:{port}")) };
    }

    /// <summary>The time by which they go, whatever a test says.</summary>
    public static DateTimeOffset Now =>
        DateTimeOffset.FromUnixTimeMilliseconds(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());

    public Uri Scim => new(http.BaseAddress!, "/scim/v2");

    public Uri Hook => new(http.BaseAddress!, "/hook");

    public static async Task<ForeignServices> StartAsync(string secret = Secret)
    {
        var process = Process.Start(
            new ProcessStartInfo("node")
            {
                ArgumentList = { Repository.PathOf("tests", "Support", "endpoints", "server.mjs"), Token, secret },
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            }
        )!;
        var port =
            await process.StandardOutput.ReadLineAsync()
            ?? throw new InvalidOperationException(
                "No services for the tests. Run tests/run, which installs them, or npm ci in tests/Support/endpoints."
            );
        return new(process, int.Parse(port, CultureInfo.InvariantCulture));
    }

    /// <summary>Makes a user of the SCIM service.</summary>
    public async Task CreateUserAsync(string userName, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/scim/v2/Users");
        request.Headers.Authorization = new("Bearer", Token);
        request.Content = new StringContent(
            $$"""{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"{{userName}}","active":true}""",
            new System.Net.Http.Headers.MediaTypeHeaderValue("application/scim+json")
        );
        using var response = await http.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>What has come: <c>passwords</c> by user name, <c>changes</c> of users, <c>hooks</c> and those <c>refused</c>.</summary>
    public async Task<JsonElement> SeenAsync(CancellationToken cancellationToken) =>
        JsonSerializer.Deserialize<JsonElement>(await http.GetStringAsync("/seen", cancellationToken));

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        process.StandardInput.Close();
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
