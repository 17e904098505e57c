using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Xunit;

namespace IdentityProvider.Tests.SharedSignals;

/// <summary>What came in one push.</summary>
internal sealed record Pushed(string Body, string? ContentType, string? Authorization);

/// <summary>A receiver of pushed events (RFC 8935) on a loopback port of its own.</summary>
internal sealed class Receiver(WebApplication app) : IAsyncDisposable
{
    private readonly ConcurrentQueue<Pushed> pushes = new();

    /// <summary>What it answers; 202 with an empty body unless told otherwise.</summary>
    public Func<HttpContext, Task> Answer { get; set; } = Accept;

    public IReadOnlyList<Pushed> Pushes => [.. pushes];

    public string Endpoint => app.Urls.Single() + "/events";

    public static async Task<Receiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder([
            "--urls=http://127.0.0.1:0",
            "--Logging:LogLevel:Default=Warning",
        ]);
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var receiver = new Receiver(app);
        app.MapPost(
            "/events",
            async http =>
            {
                using var reader = new StreamReader(http.Request.Body);
                receiver.pushes.Enqueue(
                    new(
                        await reader.ReadToEndAsync(http.RequestAborted),
                        http.Request.ContentType,
                        http.Request.Headers.Authorization
                    )
                );
                await receiver.Answer(http);
            }
        );
        await app.StartAsync(TestContext.Current.CancellationToken);
        return receiver;
    }

    public static Task Accept(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status202Accepted;
        return Task.CompletedTask;
    }

    public static Func<HttpContext, Task> With(int status, string? json = null) =>
        async http =>
        {
            http.Response.StatusCode = status;
            if (json is not null)
            {
                http.Response.ContentType = "application/json";
                await http.Response.WriteAsync(json, http.RequestAborted);
            }
        };

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }
}
