using System.Text.Json;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.OpenId;

/// <summary>The <c>claims</c> parameter (OpenID Connect Core 5.5), and claims in the ID token (5.4).</summary>
public sealed class ClaimsParameterTests
{
    [Fact]
    public async Task A_claim_asked_for_by_its_name_is_where_it_was_asked_for()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync(with: a => (a.DisplayName, a.Locale, a.Country) = ("Ada", "en", "UK"));
        using var browser = await idp.SignedInAsync();

        var tokens = await idp.TokensAsync(
            browser,
            Asking(
                """
                {"userinfo":{"email":null,"locale":{"essential":true},"unheard_of":null},
                 "id_token":{"name":{"essential":false},"address":null,"updated_at":null,"email_verified":null},
                 "elsewhere":{"phone_number":null}}
                """
            )
        );
        var person = await idp.UserInfoAsync(tokens.AccessToken);
        var token = await idp.VerifyAsync(tokens.IdToken);

        Assert.Equal(["email", "locale", "sub"], person.Json.EnumerateObject().Select(p => p.Name).Order());
        Assert.Equal("ada@example.test", person.Value("email"));
        Assert.Equal("Ada", token.GetClaim("name").Value);
        Assert.Equal("UK", token.GetPayloadValue<JsonElement>("address").GetProperty("country").GetString());
        Assert.True(token.GetPayloadValue<long>("updated_at") > 0);
        Assert.True(token.GetPayloadValue<bool>("email_verified"));
        Assert.DoesNotContain(token.Claims, c => c.Type is "email" or "locale" or "idp_id_token" or "idp_userinfo");
    }

    [Fact]
    public async Task A_refresh_brings_them_as_they_are_then()
    {
        await using var idp = await OpenIdHost.StartAsync();
        var account = await idp.Host.CreateAccountAsync(with: a => a.DisplayName = "Ada");
        using var browser = await idp.SignedInAsync();
        var request = Asking("""{"userinfo":{"name":null},"id_token":{"name":null}}""") with
        {
            Scope = "openid offline_access",
        };
        var first = await idp.TokensAsync(browser, request);
        await using (var context = idp.Host.Database.OpenContext())
        {
            (await context.Users.FindAsync([account.Id], TestContext.Current.CancellationToken))!.DisplayName =
                "Countess";
            await context.SaveChangesAsync(TestContext.Current.CancellationToken);
        }

        var second = await idp.RefreshAsync("app", first.RefreshToken);

        Assert.Equal("Countess", (await idp.VerifyAsync(second.IdToken)).GetClaim("name").Value);
        Assert.Equal("Countess", (await idp.UserInfoAsync(second.AccessToken)).Value("name"));
    }

    [Fact]
    public async Task Nobody_gets_a_claim_whose_scope_they_may_not_have()
    {
        await using var idp = await OpenIdHost.StartAsync(declare: d =>
            OpenIdHost.Client(d, "app")["scopes"] = new System.Text.Json.Nodes.JsonArray("openid", "email")
        );
        await idp.Host.CreateAccountAsync(with: a => a.DisplayName = "Ada");
        using var browser = await idp.SignedInAsync();
        var tokens = await idp.TokensAsync(
            browser,
            Asking("""{"userinfo":{"name":null,"email":null},"id_token":{"name":null,"email":null}}""")
        );

        var person = await idp.UserInfoAsync(tokens.AccessToken);
        var token = await idp.VerifyAsync(tokens.IdToken);
        Assert.Equal("ada@example.test", person.Value("email"));
        Assert.Equal("ada@example.test", token.GetClaim("email").Value);
        Assert.Null(person.Find("name"));
        Assert.DoesNotContain(token.Claims, c => c.Type == "name");
    }

    [Fact]
    public async Task The_person_consents_to_what_a_claim_says()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var plain = new CodeRequest { ClientId = "third" };
        await ConsentAsync(idp, browser, plain);
        Assert.Contains("code", idp.Answer(await idp.AuthorizeAsync(browser, plain)).Keys);

        var more = Asking("""{"userinfo":{"email":null}}""") with { ClientId = "third" };
        var asked = await idp.AuthorizeAsync(browser, more);

        Assert.Equal("/consent", asked.Address.AbsolutePath);
        Assert.Contains("email address", asked.Text, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("no json")]
    [InlineData("{\"userinfo\":[]}")]
    [InlineData("{\"id_token\":{\"email\":true}}")]
    [InlineData("{\"userinfo\":{\"\\ud800\":null}}")]
    [InlineData("{\"id_token\":{\"sub\":{\"value\":\"\\ud800\"}}}")]
    public async Task What_cannot_be_read_is_refused(string claims)
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var request = Asking(claims);

        Assert.Equal("invalid_request", idp.Answer(await idp.AuthorizeAsync(browser, request))["error"]);
        Assert.Equal("invalid_request", (await idp.PostAsync("/connect/par", "app", request.Parameters)).Error);
    }

    [Fact]
    public async Task Sub_asks_for_one_person()
    {
        await using var idp = await OpenIdHost.StartAsync();
        var ada = await idp.Host.CreateAccountAsync();
        var ben = await idp.Host.CreateAccountAsync("ben@example.test");
        using var browser = await idp.SignedInAsync();
        CodeRequest For(string id) => Asking($$$$"""{"id_token":{"sub":{"value":"{{{{id}}}}"}}}""");

        Assert.Contains("code", idp.Answer(await idp.AuthorizeAsync(browser, For(ada.Id))).Keys);
        Assert.Equal("/login", (await idp.AuthorizeAsync(browser, For(ben.Id))).Address.AbsolutePath);
        var silent = For(ben.Id);
        silent = silent with { With = [.. silent.With, ("prompt", "none")] };
        var answer = idp.Answer(await idp.AuthorizeAsync(browser, silent));
        Assert.Equal("login_required", answer["error"]);
        Assert.Equal("The person must sign in.", answer["error_description"]);
        Assert.DoesNotContain("error_uri", answer.Keys);
    }

    [Fact]
    public async Task A_time_of_sign_in_that_must_be_met_is()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var now = idp.Host.Time.GetUtcNow().ToUnixTimeSeconds();
        CodeRequest At(long time) =>
            Asking($$$$"""{"id_token":{"auth_time":{"essential":true,"value":{{{{time}}}}}}}""");

        Assert.Contains("code", idp.Answer(await idp.AuthorizeAsync(browser, At(now))).Keys);
        Assert.Equal(
            "unmet_authentication_requirements",
            idp.Answer(await idp.AuthorizeAsync(browser, At(now - 60)))["error"]
        );
    }

    [Fact]
    public async Task An_application_for_itself_gets_no_id_token()
    {
        await using var idp = await OpenIdHost.StartAsync(declare: d =>
        {
            OpenIdHost.Client(d, "app")["claimsInIdToken"] = true;
            OpenIdHost.Client(d, "app")["grantTypes"]!.AsArray().Add("client_credentials");
        });

        var tokens = await idp.TokenAsync(
            "app",
            new() { ["grant_type"] = "client_credentials", ["scope"] = "openid email" }
        );

        Assert.Equal(200, tokens.Status);
        Assert.Null(tokens.Find("id_token"));
    }

    [Theory]
    [InlineData("urn:idp:acr:mfa")]
    [InlineData("urn:example:gold")]
    public async Task An_acr_that_must_be_met_and_cannot_be_is_an_error(string acr)
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();

        var must = idp.Answer(await idp.AuthorizeAsync(browser, AskingAcr(acr, essential: true)));
        var may = await idp.TokensAsync(browser, AskingAcr(acr, essential: false));

        Assert.Equal("unmet_authentication_requirements", must["error"]);
        Assert.Equal("urn:idp:acr:pwd", (await idp.VerifyAsync(may.IdToken)).GetClaim("acr").Value);
    }

    [Fact]
    public async Task An_acr_that_must_be_met_is_asked_for_and_named_as_it_was_asked()
    {
        await using var idp = await OpenIdHost.StartAsync();
        var account = await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var phone = await StepUpTests.EnrollAsync(idp, account.Id);
        var request = AskingAcr("urn:idp:acr:mfa", essential: true);

        var silent = request with { With = [.. request.With, ("prompt", "none")] };
        Assert.Equal("interaction_required", idp.Answer(await idp.AuthorizeAsync(browser, silent))["error"]);
        var asked = await idp.AuthorizeAsync(browser, request);
        Assert.Equal("/account/prove", asked.Address.AbsolutePath);
        var back = await StepUpTests.GiveCodeAsync(idp, browser, asked, phone);
        var code = idp.Answer(await idp.FollowAsync(browser, back))["code"];
        var token = await idp.VerifyAsync((await idp.RedeemAsync(request, code)).IdToken);
        Assert.Equal("urn:idp:acr:mfa", token.GetClaim("acr").Value);
        var weaker = AskingAcr("urn:idp:acr:pwd", essential: true);
        Assert.Equal(
            "urn:idp:acr:pwd",
            (await idp.VerifyAsync((await idp.TokensAsync(browser, weaker)).IdToken)).GetClaim("acr").Value
        );
    }

    [Fact]
    public async Task A_client_that_is_declared_so_finds_the_claims_of_its_scopes_in_the_id_token()
    {
        await using var idp = await OpenIdHost.StartAsync(declare: d =>
            OpenIdHost.Client(d, "app")["claimsInIdToken"] = true
        );
        await idp.Host.CreateAccountAsync(with: a => a.DisplayName = "Ada");
        using var browser = await idp.SignedInAsync();
        var request = new CodeRequest { Scope = "openid profile email offline_access" };
        var tokens = await idp.TokensAsync(browser, request);
        var narrowed = await idp.RefreshAsync("app", tokens.RefreshToken, ("scope", "openid email"));
        var plain = await idp.TokensAsync(browser, request with { ClientId = "rsa" });

        var token = await idp.VerifyAsync(tokens.IdToken);
        Assert.Equal("Ada", token.GetClaim("name").Value);
        Assert.Equal("ada@example.test", token.GetClaim("email").Value);
        var less = await idp.VerifyAsync(narrowed.IdToken);
        Assert.Equal("ada@example.test", less.GetClaim("email").Value);
        Assert.DoesNotContain(less.Claims, c => c.Type == "name");
        Assert.DoesNotContain((await idp.VerifyAsync(plain.IdToken)).Claims, c => c.Type is "name" or "email");
    }

    private static CodeRequest Asking(string claims) => new() { With = [("claims", claims)] };

    private static CodeRequest AskingAcr(string acr, bool essential) =>
        Asking(
            $$$$"""{"id_token":{"acr":{"essential":{{{{(essential ? "true" : "false")}}}},"values":["{{{{acr}}}}"]}}}"""
        );

    private static async Task ConsentAsync(OpenIdHost idp, TestBrowser browser, CodeRequest request) =>
        await idp.FollowAsync(
            browser,
            await browser.SubmitAsync(await idp.AuthorizeAsync(browser, request), ("answer", "grant"))
        );
}
