using System.Collections.Concurrent;
using System.Text;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Operations;

/// <summary>What a collector (OTLP over HTTP) is told of a reset, and what it must never be.</summary>
public sealed class TelemetryTests
{
    private const string Ada = "ada.with.a.rare.name@example.test";

    [Fact]
    public async Task A_collector_gets_traces_and_metrics_of_a_reset_and_no_address_or_token()
    {
        await using var collector = await Collector.StartAsync();
        await using var host = await ProviderFixture.StartAsync(
            DatabaseProvider.PostgreSql,
            [("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")]
        );
        await host.CreateAccountAsync(Ada);
        using var browser = host.NewBrowser();
        await browser.SubmitAsync(await browser.GetAsync("/reset/user"), ("Email", Ada));
        await host.DrainAsync();
        var link = host.Mails.Last<RecoveryMail.PasswordResetLink>().Link;
        var form = await browser.OpenAsync(link.ToString());
        var done = await browser.SubmitAsync(form, ("Password", ProviderFixture.BetterPassword));
        Assert.Equal("Your password is changed", (await browser.FollowAsync(done)).Heading);
        await host.DrainAsync();
        var signIn = await browser.GetAsync("/login?login_hint=" + Uri.EscapeDataString(Ada));
        await browser.SubmitAsync(signIn, ("Email", Ada), ("Password", ProviderFixture.BetterPassword));

        Assert.True(host.Services.GetRequiredService<TracerProvider>().ForceFlush(20_000));
        Assert.True(host.Services.GetRequiredService<MeterProvider>().ForceFlush(20_000));

        var traces = collector.Sent("/v1/traces");
        var metrics = collector.Sent("/v1/metrics");
        foreach (var path in (string[])["/reset/user", "/reset/open", "/reset/password", "/login"])
        {
            Assert.Contains(path, traces, StringComparison.Ordinal);
        }

        Assert.Contains("INSERT INTO", traces, StringComparison.Ordinal);
        Assert.Contains("outbox password-reset.send", traces, StringComparison.Ordinal);
        Assert.Contains(RecoveryMetrics.MeterName, metrics, StringComparison.Ordinal);
        Assert.Contains("idp.mails.sent", metrics, StringComparison.Ordinal);
        Assert.Contains("password-reset.send", metrics, StringComparison.Ordinal);
        Assert.Contains("http.server.request.duration", metrics, StringComparison.Ordinal);
        Assert.Contains("dotnet.gc.collections", metrics, StringComparison.Ordinal);
        // What this process asked of others: here of itself, as the browser.
        Assert.Contains("System.Net.Http", traces, StringComparison.Ordinal);
        Assert.Contains("OpenTelemetry.Instrumentation.EntityFrameworkCore", traces, StringComparison.Ordinal);
        // Of the host's own requests: a client of this process may ask for its health too.
        Assert.DoesNotContain("GET /health", traces, StringComparison.Ordinal);

        string[] secrets =
        [
            Ada,
            Uri.EscapeDataString(Ada),
            Ada.ToUpperInvariant(),
            "ada.with.a.rare.name",
            link.Token(),
            Uri.EscapeDataString(link.Token()),
            host.Mails.Last<RecoveryMail.PasswordChanged>().NotMeLink.Token(),
            ProviderFixture.BetterPassword,
            Uri.EscapeDataString(ProviderFixture.BetterPassword),
            .. browser.Cookies.GetAllCookies().Select(c => c.Value).Where(v => v.Length > 16),
        ];
        foreach (var secret in secrets)
        {
            Assert.DoesNotContain(secret, traces, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(secret, metrics, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task Without_a_collector_nothing_is_gathered()
    {
        await using var host = await ProviderFixture.StartAsync();

        Assert.Null(host.Services.GetService<TracerProvider>());
        Assert.Null(host.Services.GetService<MeterProvider>());
    }

    /// <summary>Keeps what it is sent. Protocol buffers hold text as it is, so that it can be searched.</summary>
    private sealed class Collector(WebApplication app) : IAsyncDisposable
    {
        private readonly ConcurrentQueue<(string Path, byte[] Body)> sent = new();

        public string Address => app.Urls.First();

        public static async Task<Collector> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder([
                "--urls=http://127.0.0.1:0",
                "--Logging:LogLevel:Default=Warning",
            ]);
            var app = builder.Build();
            var collector = new Collector(app);
            app.MapPost(
                "/v1/{signal}",
                async (HttpRequest request) =>
                {
                    using var body = new MemoryStream();
                    await request.Body.CopyToAsync(body);
                    collector.sent.Enqueue((request.Path.Value!, body.ToArray()));
                    return Results.Ok();
                }
            );
            await app.StartAsync(TestContext.Current.CancellationToken);
            return collector;
        }

        public string Sent(string path) =>
            string.Concat(sent.Where(s => s.Path == path).Select(s => Encoding.Latin1.GetString(s.Body)));

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
