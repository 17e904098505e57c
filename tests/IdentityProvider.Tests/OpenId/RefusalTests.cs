using IdentityProvider.Clients;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.OpenId;

/// <summary>What is said of requests that are refused, to whom.</summary>
public sealed class RefusalTests
{
    private static readonly CodeRequest Elsewhere = new()
    {
        RedirectUri = "https://user:secret@elsewhere.example.test/callback?code=secret",
    };

    [Fact]
    public async Task The_log_says_which_address_is_not_registered_for_whom_and_the_page_does_not()
    {
        var log = new KeptLog();
        await using var idp = await OpenIdHost.StartAsync(services: log.Keep);
        using var browser = idp.Host.NewBrowser();

        var page = await browser.GetAsync(Elsewhere.Address);

        Assert.Equal(400, (int)page.Status);
        Assert.DoesNotContain("elsewhere", page.Text, StringComparison.Ordinal);
        var line = Assert.Single(log.Lines, l => l.Contains("refused", StringComparison.Ordinal));
        Assert.Contains(
            "app: invalid_request, redirect_uri https://elsewhere.example.test/callback?… is not registered for app.",
            line,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("secret", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_Development_the_page_says_it_too()
    {
        await using var host = await ProviderFixture.StartAsync(environment: "Development");
        using var browser = host.NewBrowser();

        var page = await browser.GetAsync((Elsewhere with { ClientId = "sample" }).Address);

        Assert.Equal(400, (int)page.Status);
        Assert.Contains(
            "redirect_uri https://elsewhere.example.test/callback?… is not registered for sample.",
            page.Document.Body!.TextContent,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("secret", page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_log_says_why_an_assertion_a_grant_or_a_secret_was_refused()
    {
        var log = new KeptLog();
        await using var idp = await OpenIdHost.StartAsync(services: log.Keep);
        var secret = ClientSecrets.Generate();

        await idp.TokenAsync(
            "signing",
            new()
            {
                ["grant_type"] = "client_credentials",
                ["client_id"] = "signing",
                ["client_assertion"] = idp.Assertion(audience: "https://other.example.test"),
                ["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            }
        );
        await idp.RefreshAsync("app", "no-token-of-ours");
        await idp.TokenAsync(
            "app",
            new()
            {
                ["grant_type"] = "client_credentials",
                ["client_id"] = "app",
                ["client_secret"] = secret,
            }
        );
        await idp.TokenAsync("nobody\r\nforged: line", new() { ["grant_type"] = "client_credentials" });

        var lines = log.Lines.Where(l => l.Contains("refused", StringComparison.Ordinal)).ToList();
        Assert.Equal(4, lines.Count);
        Assert.Contains("signing: invalid_client", lines[0], StringComparison.Ordinal);
        Assert.Contains("app: invalid_grant", lines[1], StringComparison.Ordinal);
        Assert.Contains("app: invalid_client", lines[2], StringComparison.Ordinal);
        Assert.Contains("an unknown client: invalid_client", lines[3], StringComparison.Ordinal);
        Assert.All(
            (string[])[secret, "forged", "no-token-of-ours"],
            t => Assert.DoesNotContain(t, string.Concat(lines))
        );
    }

    [Fact]
    public async Task No_error_names_the_pages_of_another_product()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();

        var refused = idp.Answer(await idp.AuthorizeAsync(browser, new() { Verifier = null }));
        Assert.DoesNotContain("error_uri", refused.Keys);
        foreach (var path in (string[])["/connect/token", "/connect/par", "/connect/device", "/connect/introspect"])
        {
            var answer = await idp.PostAsync(path, "app", new() { ["grant_type"] = "nonsense" });
            Assert.NotNull(answer.Error);
            Assert.Null(answer.Find("error_uri"));
        }

        var person = await idp.UserInfoAsync("nonsense");
        Assert.DoesNotContain(
            "error_uri",
            person.Response.Headers.WwwAuthenticate.ToString(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_token_of_an_application_for_itself_is_told_so_at_userinfo()
    {
        await using var idp = await OpenIdHost.StartAsync();
        var machine = await idp.TokenAsync("machine", new() { ["grant_type"] = "client_credentials" });

        var person = await idp.UserInfoAsync(machine.AccessToken);

        Assert.Equal(401, person.Status);
        Assert.Contains(
            "given to an application for itself",
            person.Response.Headers.WwwAuthenticate.ToString(),
            StringComparison.Ordinal
        );
    }
}
