using Xunit;

namespace IdentityProvider.Tests.OpenId;

/// <summary>What a request may ask for, and what is passed over (RFC 6749, 3.1, 3.2, 4.1.2.1 and 5.2).</summary>
public sealed class ScopeTests
{
    [Theory, InlineData("users.read"), InlineData("nonsense"), InlineData("offline_access")]
    public async Task A_scope_that_a_client_may_not_have_is_the_scopes_fault_at_every_endpoint(string scope)
    {
        await using var idp = await OpenIdHost.StartAsync(declare: d =>
        {
            foreach (var client in (string[])["app", "tv"])
            {
                OpenIdHost.Client(d, client)["grantTypes"]!.AsArray().RemoveAt(1);
            }
        });
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var request = new CodeRequest { Scope = "openid " + scope };

        Assert.Equal("invalid_scope", idp.Answer(await idp.AuthorizeAsync(browser, request))["error"]);
        Assert.Equal("invalid_scope", (await idp.PostAsync("/connect/par", "app", request.Parameters)).Error);
        Assert.Equal(
            "invalid_scope",
            (await idp.PostAsync("/connect/device", "tv", new() { ["scope"] = "openid " + scope })).Error
        );
        var machine = await idp.TokenAsync(
            "machine",
            new() { ["grant_type"] = "client_credentials", ["scope"] = "orders " + scope }
        );
        Assert.Equal("invalid_scope", machine.Error);
    }

    [Fact]
    public async Task What_means_nothing_at_an_endpoint_is_passed_over()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        (string, string?)[] more =
        [
            ("audience", "https://api.example.test"),
            ("unknown", "1"),
            ("scope", "openid email"),
        ];
        var request = new CodeRequest
        {
            Scope = "openid offline_access",
            With = [("audience", "https://api.example.test"), ("unknown", "1")],
        };

        var tokens = await idp.RedeemAsync(request, await idp.CodeAsync(browser, request), more);
        Assert.Equal(200, tokens.Status);
        Assert.Equal("openid offline_access", tokens.Value("scope"));
        var refreshed = await idp.RefreshAsync(
            "app",
            tokens.RefreshToken,
            [("audience", "https://api.example.test"), ("unknown", "1"), ("scope", "openid")]
        );
        Assert.Equal("openid", (await idp.VerifyAsync(refreshed.AccessToken)).GetClaim("scope").Value);
        var pushed = await idp.PostAsync("/connect/par", "app", request.Parameters);
        Assert.Equal(201, pushed.Status);
        var machine = await idp.TokenAsync(
            "machine",
            OpenIdHost.Form([("grant_type", "client_credentials"), ("scope", "orders")], more[..2])
        );
        Assert.Equal("orders", (await idp.VerifyAsync(machine.AccessToken)).GetClaim("scope").Value);
    }

    [Fact]
    public async Task A_scope_may_give_tokens_of_the_plain_type_which_are_no_ID_tokens_and_an_ID_token_is_none()
    {
        await using var idp = await OpenIdHost.StartAsync(declare: d => d["scopes"]![0]!["accessTokenType"] = "JWT");
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();

        var plain = await idp.TokensAsync(browser, new() { Scope = "openid orders" });
        var usual = await idp.TokensAsync(browser, new());

        Assert.Equal("JWT", (await idp.VerifyAsync(plain.AccessToken, "orders-api")).Typ);
        Assert.Equal("at+jwt", (await idp.VerifyAsync(usual.AccessToken)).Typ);
        Assert.Equal(200, (await idp.UserInfoAsync(plain.AccessToken)).Status);
        Assert.Equal("True", (await idp.IntrospectAsync("orders-api", plain.AccessToken)).Value("active"));
        Assert.Equal(401, (await idp.UserInfoAsync(plain.IdToken)).Status);
        Assert.NotEqual("True", (await idp.IntrospectAsync("app", plain.IdToken)).Find("active"));
        var logout = await browser.GetAsync("/connect/logout?id_token_hint=" + plain.AccessToken);
        Assert.Equal(400, (int)logout.Status);
    }
}
