using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.IdentityModel.JsonWebTokens;
using Xunit;

namespace IdentityProvider.Tests.OpenId.Logout;

/// <summary>An application's back-channel address on loopback.</summary>
internal sealed class LogoutListener(WebApplication app) : IAsyncDisposable
{
    public ConcurrentQueue<string> Tokens { get; } = new();

    public int Status { get; set; } = 200;

    /// <summary>Whether its answers never end.</summary>
    public bool Endless { get; set; }

    public string Address => app.Urls.First() + "/logout";

    public static async Task<LogoutListener> StartAsync(int status = 200, Uri? at = null)
    {
        var builder = WebApplication.CreateSlimBuilder([
            $"--urls={at?.ToString() ?? "http://127.0.0.1:0"}",
            "--Logging:LogLevel:Default=Warning",
        ]);
        var app = builder.Build();
        var listener = new LogoutListener(app) { Status = status };
        app.MapPost(
                "/logout",
                async (HttpRequest request, CancellationToken left) =>
                {
                    var form = await request.ReadFormAsync(left);
                    var status = listener.Status;
                    listener.Tokens.Enqueue(form["logout_token"].ToString());
                    return listener.Endless
                        ? Results.Stream(body => WriteWithoutEndAsync(body, left))
                        : Results.StatusCode(status);
                }
            )
            .DisableAntiforgery();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return listener;
    }

    public string TokenOf(string clientId) => Tokens.First(t => new JsonWebToken(t).Audiences.Contains(clientId));

    public async Task WaitForAsync(OpenIdHost idp, int count)
    {
        for (var i = 0; i < 100 && Tokens.Count < count; i++)
        {
            await idp.Host.DrainAsync();
        }

        Assert.True(Tokens.Count >= count, $"{Tokens.Count} of {count}");
    }

    private static async Task WriteWithoutEndAsync(Stream body, CancellationToken left)
    {
        var some = new byte[4096];
        while (!left.IsCancellationRequested)
        {
            await body.WriteAsync(some, left);
        }
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
