using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using IdentityProvider.Clients;
using IdentityProvider.OpenId;
using IdentityProvider.Tests.CommandLine;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.OpenId;

/// <summary><c>clients check</c>: a declared client is tried as its application would, and words say what is wrong.</summary>
[StartsProcesses]
public sealed class CheckClientTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_works_is_said_to_work()
    {
        await using var application = await StartApplicationAsync();
        await using var idp = await StartAsync(c =>
        {
            c["redirectUris"] = new JsonArray(application.At("/callback"));
            c["postLogoutRedirectUris"] = new JsonArray(application.At("/"));
            c["backChannelLogoutUri"] = application.At("/back");
            c["frontChannelLogoutUri"] = application.At("/front");
        });

        var findings = await CheckAsync(idp, "app", secret: OpenIdHost.Secret);

        Assert.All(findings, f => Assert.True(f.Kind == ClientFindingKind.Ok, f.ToString()));
        Assert.Equal(
            ["discovery", application.At("/callback"), "secret", application.At("/back"), application.At("/front")],
            findings.Select(f => f.Subject)
        );
    }

    [Fact]
    public async Task What_is_wrong_is_said_in_words()
    {
        await using var application = await StartApplicationAsync();
        await using var idp = await StartAsync(c =>
        {
            c["redirectUris"] = new JsonArray($"http://localhost:{ProviderFixture.FreePort()}/callback");
            c["grantTypes"] = new JsonArray("authorization_code");
            c["requirePkce"] = false;
            c["backChannelLogoutUri"] = application.At("/login-first");
            c["frontChannelLogoutUri"] = application.At("/unframed");
        });

        var findings = await CheckAsync(idp, "app", secret: ClientSecrets.Generate());

        var said = findings.ToDictionary(f => f.Subject + "/" + f.Kind, f => f.Text);
        Assert.Contains("is refused: invalid_client", said["secret/Wrong"], StringComparison.Ordinal);
        Assert.Contains(
            "answers 302 and leads to /login",
            said[application.At("/login-first") + "/Wrong"],
            StringComparison.Ordinal
        );
        Assert.Contains("forbids frames", said[application.At("/unframed") + "/Wrong"], StringComparison.Ordinal);
        Assert.Contains("is not required", said["PKCE/Note"], StringComparison.Ordinal);
        Assert.Contains(
            findings,
            f => f is { Kind: ClientFindingKind.Note, Text: "does not answer, asked from here." }
        );

        // offline_access without the grant type of refresh tokens.
        Assert.Contains(
            findings,
            f => f.Kind == ClientFindingKind.Wrong && f.Text.Contains("invalid_scope", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task A_key_is_tried_and_one_of_somebody_else_is_not_sent()
    {
        await using var idp = await OpenIdHost.StartAsync();
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        Assert.Equal(
            ClientFindingKind.Ok,
            Of(await CheckAsync(idp, "signing", key: OpenIdHost.ClientKey.ExportPkcs8PrivateKeyPem()), "key").Kind
        );
        var foreign = Of(await CheckAsync(idp, "signing", key: other.ExportPkcs8PrivateKeyPem()), "key");
        Assert.Equal("the key is none of those in the client's jwks.", foreign.Text);
        var none = Of(await CheckAsync(idp, "signing", key: "no key"), "key");
        Assert.Equal(ClientFindingKind.Wrong, none.Kind);
        Assert.Equal(ClientFindingKind.Note, Of(await CheckAsync(idp, "signing"), "key").Kind);
        Assert.Equal(
            ClientFindingKind.Ok,
            Of(await CheckAsync(idp, "machine", secret: OpenIdHost.Secret), "secret").Kind
        );
        Assert.Equal(ClientFindingKind.Ok, Of(await CheckAsync(idp, "tv"), "public client").Kind);
        Assert.Equal(
            ClientFindingKind.Note,
            (await CheckAsync(idp, "pushing")).First(f => f.Subject == OpenIdHost.Callback).Kind
        );
    }

    [Fact]
    public async Task The_command_says_so_line_by_line_and_fails_when_something_is_wrong()
    {
        await using var idp = await OpenIdHost.StartAsync();
        KeyValuePair<string, string?>[] settings =
        [
            .. idp.Host.Database.Settings,
            new("ASPNETCORE_ENVIRONMENT", "Development"),
            new("Origin", idp.Host.Origin.ToString()),
            new("OpenId:ClientsFile", ""),
        ];

        var right = await Executable.RunAsync(
            settings,
            OpenIdHost.Secret,
            "clients",
            "check",
            "orders-api",
            "--stdin",
            "--json"
        );
        var wrong = await Executable.RunAsync(
            settings,
            ClientSecrets.Generate(),
            "clients",
            "check",
            "orders-api",
            "--stdin"
        );
        var unknown = await Executable.RunAsync(settings, null, "clients", "check", "nobody");

        Assert.True(right.ExitCode == 0, right.Output + right.Errors);
        using var json = JsonDocument.Parse(right.Output);
        Assert.Equal(
            ["ok discovery", "ok secret"],
            json.RootElement.EnumerateArray().Select(f => $"{f.GetProperty("finding")} {f.GetProperty("subject")}")
        );
        Assert.Equal(1, wrong.ExitCode);
        Assert.Contains("wrong  secret: is refused: invalid_client", wrong.Output, StringComparison.Ordinal);
        Assert.Equal(1, unknown.ExitCode);
        Assert.Contains("No client has the id 'nobody'.", unknown.Errors, StringComparison.Ordinal);
    }

    private static ClientFinding Of(IReadOnlyList<ClientFinding> findings, string subject) =>
        Assert.Single(findings, f => f.Subject == subject);

    private static Task<OpenIdHost> StartAsync(Action<JsonObject> with) =>
        OpenIdHost.StartAsync(declare: d => with(OpenIdHost.Client(d, "app")));

    private static Task<IReadOnlyList<ClientFinding>> CheckAsync(
        OpenIdHost idp,
        string clientId,
        string? secret = null,
        string? key = null
    ) =>
        idp.Host.InScopeAsync(p =>
            p.GetRequiredService<CheckClient>()
                .RunAsync(p.GetRequiredService<ClientRegistry>().FindByClientId(clientId)!, new(secret, key), Cancelled)
        );

    private static async Task<Application> StartApplicationAsync()
    {
        var builder = WebApplication.CreateSlimBuilder([
            "--urls=http://localhost:0",
            "--Logging:LogLevel:Default=Warning",
        ]);
        builder.WebHost.UseSetting("urls", $"http://localhost:{ProviderFixture.FreePort()}");
        var app = builder.Build();
        app.MapPost("/back", () => Results.BadRequest());
        app.MapGet("/front", () => "");
        app.MapPost("/login-first", () => Results.Redirect("/login"));
        app.MapGet(
            "/unframed",
            (HttpResponse response) =>
            {
                response.Headers.ContentSecurityPolicy = "default-src 'self'; frame-ancestors 'none'";
                return "";
            }
        );
        await app.StartAsync(Cancelled);
        return new(app);
    }

    private sealed class Application(WebApplication app) : IAsyncDisposable
    {
        public string At(string path) => app.Urls.First() + path;

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
