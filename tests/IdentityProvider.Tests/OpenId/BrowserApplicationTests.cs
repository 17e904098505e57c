using Xunit;

namespace IdentityProvider.Tests.OpenId;

/// <summary>CORS: what applications that run in browsers may call, and from where.</summary>
public sealed class BrowserApplicationTests
{
    private const string Page = "https://spa.example.test";

    [Theory]
    [InlineData("/connect/token", "POST")]
    [InlineData("/connect/revoke", "POST")]
    [InlineData("/connect/par", "POST")]
    [InlineData("/connect/userinfo", "GET")]
    public async Task The_pages_of_a_public_client_may_call_what_they_need(string path, string method)
    {
        await using var idp = await StartAsync();

        var asked = await PreflightAsync(idp, path, method, Page);
        Assert.Equal(204, asked.Status);
        Assert.Equal(Page, Header(asked, "Access-Control-Allow-Origin"));
        Assert.Contains(
            "authorization",
            Header(asked, "Access-Control-Allow-Headers")!,
            StringComparison.OrdinalIgnoreCase
        );
        Assert.Null(Header(asked, "Access-Control-Allow-Credentials"));
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Headers = { { "Origin", Page } } };
        request.Content = method == "POST" ? new FormUrlEncodedContent([new("client_id", "spa")]) : null;
        var called = await idp.SendAsync(request);
        Assert.InRange(called.Status, 400, 401);
        Assert.Equal(Page, Header(called, "Access-Control-Allow-Origin"));
        Assert.Null(Header(called, "Access-Control-Allow-Credentials"));
    }

    [Theory]
    [InlineData("/connect/token", "https://evil.example.test")]
    [InlineData("/connect/token", "https://app.example.test")]
    [InlineData("/connect/token", "http://spa.example.test")]
    [InlineData("/connect/token", "https://spa.example.test:8443")]
    [InlineData("/connect/token", "null")]
    [InlineData("/connect/introspect", Page)]
    [InlineData("/connect/authorize", Page)]
    [InlineData("/connect/logout", Page)]
    [InlineData("/api/v1/users", Page)]
    [InlineData("/login", Page)]
    public async Task Nobody_else_and_nothing_else(string path, string origin)
    {
        await using var idp = await StartAsync();

        var asked = await PreflightAsync(idp, path, "POST", origin);

        Assert.Null(Header(asked, "Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task A_page_signs_in_with_its_code()
    {
        await using var idp = await StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var request = new CodeRequest { ClientId = "spa", RedirectUri = Page + "/callback" };
        var code = await idp.CodeAsync(browser, request);
        using var redeem = new HttpRequestMessage(HttpMethod.Post, "/connect/token")
        {
            Headers = { { "Origin", Page } },
        };
        redeem.Content = new FormUrlEncodedContent(
            OpenIdHost.Form(
                [
                    ("client_id", "spa"),
                    ("grant_type", "authorization_code"),
                    ("code", code),
                    ("redirect_uri", request.RedirectUri),
                    ("code_verifier", request.Verifier),
                ],
                []
            )
        );

        var tokens = await idp.SendAsync(redeem);

        Assert.Equal(200, tokens.Status);
        Assert.Equal(Page, Header(tokens, "Access-Control-Allow-Origin"));
    }

    private static Task<OpenIdHost> StartAsync() =>
        OpenIdHost.StartAsync(declare: d =>
            d["clients"]!
                .AsArray()
                .Add(
                    OpenIdHost.Web(
                        "spa",
                        c =>
                        {
                            c.Remove("secretHash");
                            c["type"] = "public";
                            c["redirectUris"] = new System.Text.Json.Nodes.JsonArray(Page + "/callback");
                        }
                    )
                )
        );

    private static async Task<Answer> PreflightAsync(OpenIdHost idp, string path, string method, string origin)
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, path);
        request.Headers.Add("Origin", origin);
        request.Headers.Add("Access-Control-Request-Method", method);
        request.Headers.Add("Access-Control-Request-Headers", "authorization,content-type");
        return await idp.SendAsync(request);
    }

    private static string? Header(Answer answer, string name) =>
        answer.Response.Headers.TryGetValues(name, out var values) ? string.Join(',', values) : null;
}
