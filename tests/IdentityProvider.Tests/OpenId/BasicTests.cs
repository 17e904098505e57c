using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using IdentityProvider.OpenId;
using Microsoft.IdentityModel.Tokens;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.OpenId;

/// <summary>The OpenID Foundation's Basic plan, the flow itself: requirement 12a.</summary>
public sealed class BasicTests
{
    [
        Theory,
        InlineData("app", "RS256", "ES256"),
        InlineData("ec", "ES256", "ES256"),
        InlineData("rsa", "RS256", "RS256")
    ]
    public async Task A_person_signs_in_and_the_application_gets_an_id_token_that_it_can_check(
        string clientId,
        string algorithm,
        string accessAlgorithm
    )
    {
        await using var idp = await OpenIdHost.StartAsync();
        var account = await idp.Host.CreateAccountAsync();
        using var browser = idp.Host.NewBrowser();
        var request = new CodeRequest { ClientId = clientId };

        var signIn = await idp.AuthorizeAsync(browser, request);
        var answer = idp.Answer(await idp.SignInAsync(browser, signIn));
        Assert.Equal("the-state", answer["state"]);
        Assert.Equal(idp.Issuer, answer["iss"]);
        Assert.False(idp.Issuer.EndsWith('/'));
        var tokens = await idp.RedeemAsync(request, answer["code"]);

        Assert.Equal(200, tokens.Status);
        Assert.Equal("Bearer", tokens.Value("token_type"));
        Assert.Contains("no-store", tokens.Response.Headers.CacheControl!.ToString());
        Assert.Null(tokens.Find("refresh_token"));
        var token = await idp.VerifyAsync(tokens.IdToken, clientId);
        Assert.Equal(algorithm, token.Alg);
        Assert.Equal(accessAlgorithm, (await idp.VerifyAsync(tokens.AccessToken, idp.Issuer)).Alg);
        Assert.Equal(account.Id, token.Subject);
        Assert.Equal([clientId], token.Audiences);
        Assert.Equal("the-nonce", token.GetClaim("nonce").Value);
        Assert.Equal(Acr.Password, token.GetClaim("acr").Value);
        Assert.Equal(["pwd"], token.GetPayloadValue<string[]>("amr"));
        Assert.NotEmpty(token.GetClaim("sid").Value);
        Assert.Equal(idp.Host.Time.GetUtcNow().ToUnixTimeSeconds(), token.GetPayloadValue<long>("auth_time"));
        Assert.Equal(TimeSpan.FromMinutes(10), token.ValidTo - token.IssuedAt);
        Assert.Equal(
            Base64UrlEncoder.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(tokens.AccessToken))[..16]),
            token.GetClaim("at_hash").Value
        );
        Assert.DoesNotContain("idp_stamp", token.Claims.Select(c => c.Type));
        Assert.DoesNotContain("oi_", string.Join(' ', token.Claims.Select(c => c.Type)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_request_may_be_posted()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = idp.Host.NewBrowser();
        var request = new CodeRequest { With = [("prompt", "login")] };

        using var form = new FormUrlEncodedContent(request.Parameters);
        var posted = await TestPage.ReadAsync(
            await browser.Client.PostAsync(
                new Uri("/connect/authorize", UriKind.Relative),
                form,
                TestContext.Current.CancellationToken
            )
        );
        Assert.Equal(303, (int)posted.Status);
        var answer = idp.Answer(await idp.SignInAsync(browser, await idp.FollowAsync(browser, posted)));

        Assert.Equal(200, (await idp.RedeemAsync(request, answer["code"])).Status);
    }

    [Theory]
    [InlineData("foo", "bar")]
    [InlineData("acr_values", "urn:idp:acr:pwd 1 2")]
    [InlineData("claims_locales", "se")]
    [InlineData("claims", """{"id_token":{"auth_time":{"essential":true}}}""")]
    [InlineData("display", "page")]
    [InlineData("display", "popup")]
    [InlineData("ui_locales", "se")]
    [InlineData("login_hint", "ada@example.test")]
    [InlineData("max_age", "10000")]
    public async Task A_parameter_that_changes_nothing_here_is_taken(string name, string value)
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();

        var tokens = await idp.TokensAsync(browser, new() { With = [(name, value)] });

        var token = await idp.VerifyAsync(tokens.IdToken, "app");
        Assert.Equal(Acr.Password, token.GetClaim("acr").Value);
        Assert.NotNull(token.GetClaim("auth_time"));
    }

    [Fact]
    public async Task Userinfo_gives_by_get_and_by_post_what_the_scopes_allow()
    {
        await using var idp = await OpenIdHost.StartAsync();
        var account = await idp.Host.CreateAccountAsync(with: a =>
        {
            a.DisplayName = "Ada Lovelace";
            a.GivenName = "Ada";
            a.Locale = "en";
            a.PhoneNumber = "+44 20 7946 0000";
            a.Locality = "London";
            a.Country = "GB";
        });
        using var browser = await idp.SignedInAsync();
        var all = await idp.TokensAsync(browser, new() { Scope = OpenIdHost.Everything });
        var none = await idp.TokensAsync(browser, new());
        var mail = await idp.TokensAsync(browser, new() { Scope = "openid email" });

        var got = await idp.UserInfoAsync(all.AccessToken);
        Assert.Equal(account.Id, got.Value("sub"));
        Assert.Equal("Ada Lovelace", got.Value("name"));
        Assert.Equal("Ada", got.Value("given_name"));
        Assert.Equal("ada@example.test", got.Value("email"));
        Assert.Equal(JsonValueKind.True, got.Json.GetProperty("email_verified").ValueKind);
        Assert.Equal("+44 20 7946 0000", got.Value("phone_number"));
        Assert.Equal(JsonValueKind.False, got.Json.GetProperty("phone_number_verified").ValueKind);
        Assert.Equal("London", got.Json.GetProperty("address").GetProperty("locality").GetString());
        Assert.Equal(JsonValueKind.Number, got.Json.GetProperty("updated_at").ValueKind);
        Assert.Null(got.Find("family_name"));
        Assert.Equal(["sub"], Names(await idp.UserInfoAsync(none.AccessToken)));
        Assert.Equal(["email", "email_verified", "sub"], Names(await idp.UserInfoAsync(mail.AccessToken)));

        using var header = new HttpRequestMessage(HttpMethod.Post, "/connect/userinfo");
        header.Headers.Authorization = new("Bearer", all.AccessToken);
        Assert.Equal(got.Text, (await idp.SendAsync(header)).Text);
        using var body = new HttpRequestMessage(HttpMethod.Post, "/connect/userinfo");
        body.Content = new FormUrlEncodedContent([new("access_token", all.AccessToken)]);
        Assert.Equal(got.Text, (await idp.SendAsync(body)).Text);
    }

    [Fact]
    public async Task Userinfo_refuses_what_is_no_access_token_and_one_in_the_address()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var tokens = await idp.TokensAsync(browser, new() { Scope = "openid offline_access" });

        foreach (var wrong in (string[])[tokens.IdToken, tokens.RefreshToken, "x", tokens.AccessToken[..^4] + "abcd"])
        {
            var refused = await idp.UserInfoAsync(wrong);
            Assert.Equal(401, refused.Status);
            Assert.Contains(
                "invalid_token",
                refused.Response.Headers.WwwAuthenticate.ToString(),
                StringComparison.Ordinal
            );
        }

        foreach (var path in (string[])["/connect/userinfo", "/connect/userinfo/", "/Connect/UserInfo"])
        {
            using var query = new HttpRequestMessage(HttpMethod.Get, $"{path}?access_token={tokens.AccessToken}");
            Assert.Equal(401, (await idp.SendAsync(query)).Status);
        }

        idp.Host.Time.Advance(TimeSpan.FromMinutes(5.5));
        Assert.Equal(401, (await idp.UserInfoAsync(tokens.AccessToken)).Status);
    }

    [Fact]
    public async Task A_request_is_not_fetched_from_an_address()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();

        var page = await idp.AuthorizeAsync(
            browser,
            new() { With = [("request_uri", "https://app.example.test/request.jwt")] }
        );

        var answer = idp.Answer(page);
        Assert.Equal("request_uri_not_supported", answer["error"]);
        Assert.Equal("the-state", answer["state"]);
        Assert.Equal(idp.Issuer, answer["iss"]);
        Assert.False(answer.ContainsKey("code"));
    }

    [Fact]
    public async Task A_request_without_a_response_type_is_refused()
    {
        await using var idp = await OpenIdHost.StartAsync();
        using var browser = idp.Host.NewBrowser();

        var page = await idp.AuthorizeAsync(browser, new() { With = [("response_type", null)] });

        Assert.Equal("invalid_request", idp.Answer(page)["error"]);
    }

    [Theory, InlineData("token"), InlineData("id_token"), InlineData("code id_token"), InlineData("none")]
    public async Task There_is_no_implicit_and_no_hybrid_flow(string type)
    {
        await using var idp = await OpenIdHost.StartAsync();
        using var browser = idp.Host.NewBrowser();

        var page = await idp.AuthorizeAsync(browser, new() { With = [("response_type", type)] });

        Assert.Equal("unsupported_response_type", idp.Answer(page)["error"]);
    }

    [Theory]
    [InlineData("https://app.example.test/callback/")]
    [InlineData("https://app.example.test/callback?x=y")]
    [InlineData("https://app.example.test/Callback")]
    [InlineData("https://app.example.test:444/callback")]
    [InlineData("http://app.example.test/callback")]
    [InlineData("https://evil.example.test/callback")]
    [InlineData("https://app.example.test/other")]
    [InlineData("https://app.example.test/callback#fragment")]
    [InlineData("javascript:alert(1)")]
    [InlineData(null)]
    public async Task A_redirect_address_that_differs_is_told_on_a_page_and_never_gone_to(string? uri)
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();

        var page = await idp.AuthorizeAsync(browser, new() { With = [("redirect_uri", uri)] });

        Assert.Equal(400, (int)page.Status);
        Assert.Null(page.RedirectsTo);
        Assert.NotNull(page.Heading);
    }

    [Fact]
    public async Task A_registered_address_keeps_its_query()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var request = new CodeRequest { RedirectUri = OpenIdHost.OtherCallback };

        var answer = idp.Answer(await idp.AuthorizeAsync(browser, request));

        Assert.Equal("yes", answer["kept"]);
        Assert.Equal(
            "invalid_grant",
            (await idp.RedeemAsync(request, answer["code"], ("redirect_uri", OpenIdHost.Callback))).Error
        );
    }

    private static IEnumerable<string> Names(Answer answer) =>
        answer.Json.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal);
}
