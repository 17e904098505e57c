using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.OpenId;

/// <summary>Who is asked to sign in, when: <c>prompt</c>, <c>max_age</c>, hints (requirement 12a, Basic plan).</summary>
public sealed class SignInTests
{
    [Fact]
    public async Task Without_a_session_prompt_none_says_that_a_sign_in_is_needed()
    {
        await using var idp = await OpenIdHost.StartAsync();
        using var browser = idp.Host.NewBrowser();

        var answer = idp.Answer(await idp.AuthorizeAsync(browser, new() { With = [("prompt", "none")] }));

        Assert.Equal("login_required", answer["error"]);
        Assert.Equal("the-state", answer["state"]);
        Assert.Equal(idp.Issuer, answer["iss"]);
    }

    [Fact]
    public async Task With_a_session_prompt_none_gives_a_code_of_the_same_sign_in()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var first = await idp.VerifyAsync((await idp.TokensAsync(browser, new())).IdToken);
        idp.Host.Time.Advance(TimeSpan.FromMinutes(2));

        var second = await idp.VerifyAsync(
            (await idp.TokensAsync(browser, new() { With = [("prompt", "none")] })).IdToken
        );

        foreach (var claim in (string[])["sub", "auth_time", "sid"])
        {
            Assert.Equal(first.GetClaim(claim).Value, second.GetClaim(claim).Value);
        }
    }

    [Theory, InlineData("login"), InlineData("login consent")]
    public async Task Prompt_login_asks_again_and_tells_the_new_time(string prompt)
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var request = new CodeRequest { ClientId = "third", With = [("prompt", prompt)] };
        var before = idp.Host.Time.GetUtcNow().ToUnixTimeSeconds();
        idp.Host.Time.Advance(TimeSpan.FromSeconds(90));

        var asked = await idp.AuthorizeAsync(browser, request);
        Assert.StartsWith("/login", asked.Address.AbsolutePath, StringComparison.Ordinal);
        var consent = await idp.SignInAsync(browser, asked);
        Assert.Equal("/consent", consent.Address.AbsolutePath);
        var answer = idp.Answer(
            await idp.FollowAsync(browser, await browser.SubmitAsync(consent, ("answer", "grant")))
        );

        var token = await idp.VerifyAsync((await idp.RedeemAsync(request, answer["code"])).IdToken);
        Assert.Equal(before + 90, token.GetPayloadValue<long>("auth_time"));
    }

    [Fact]
    public async Task An_answer_to_prompt_login_is_good_for_no_older_session()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();

        var asked = await browser.GetAsync(new CodeRequest { With = [("prompt", "login")] }.Address);
        var back = Microsoft
            .AspNetCore.WebUtilities.QueryHelpers.ParseQuery(new Uri(asked.RedirectsTo!).Query)["returnUrl"]
            .ToString();
        var skipped = await idp.FollowAsync(browser, await browser.GetAsync(back));

        Assert.Equal("/login", skipped.Address.AbsolutePath);
    }

    [Theory]
    [InlineData("1", true)]
    [InlineData("0", true)]
    [InlineData("10000", false)]
    [InlineData("315360000", false)]
    public async Task Max_age_asks_again_when_the_sign_in_is_older(string age, bool asks)
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        idp.Host.Time.Advance(TimeSpan.FromSeconds(5));
        var request = new CodeRequest { With = [("max_age", age)] };

        var page = await idp.AuthorizeAsync(browser, request);
        Assert.Equal(asks, page.RedirectsTo is null);
        if (asks)
        {
            idp.Host.Time.Advance(TimeSpan.FromSeconds(5));
            var answer = await browser.SubmitAsync(
                page,
                ("Email", "ada@example.test"),
                ("Password", ProviderFixture.GoodPassword)
            );

            // The way back may take longer than the age allows; the sign-in is new all the same.
            idp.Host.Time.Advance(TimeSpan.FromSeconds(3));
            page = await idp.FollowAsync(browser, answer);
        }

        var token = await idp.VerifyAsync((await idp.RedeemAsync(request, idp.Answer(page)["code"])).IdToken);
        Assert.Equal(
            idp.Host.Time.GetUtcNow().ToUnixTimeSeconds() - (asks ? 3 : 5),
            token.GetPayloadValue<long>("auth_time")
        );
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("1e3")]
    [InlineData("soon")]
    [InlineData("315360001")]
    [InlineData("99999999999999")]
    [InlineData("9223372036854775807")]
    [InlineData("99999999999999999999999999")]
    public async Task An_age_that_cannot_be_is_refused(string age)
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var request = new CodeRequest { With = [("max_age", age)] };

        var answer = idp.Answer(await idp.AuthorizeAsync(browser, request));
        var pushed = await idp.PostAsync(
            "/connect/par",
            "app",
            request.Parameters.ToDictionary(p => p.Key, p => p.Value)
        );

        Assert.Equal("invalid_request", answer["error"]);
        Assert.Equal("invalid_request", pushed.Error);
    }

    [Fact]
    public async Task A_request_posted_from_another_site_goes_on_with_the_session()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var request = new CodeRequest();

        // Without the cookie, which is Lax: a browser brings it only with what follows.
        using var form = new FormUrlEncodedContent(request.Parameters);
        var posted = await idp.Http.PostAsync(
            new Uri("/connect/authorize", UriKind.Relative),
            form,
            TestContext.Current.CancellationToken
        );
        Assert.Equal(303, (int)posted.StatusCode);
        var page = await idp.FollowAsync(browser, await browser.GetAsync(posted.Headers.Location!.ToString()));

        var answer = idp.Answer(page);
        Assert.Equal(200, (await idp.RedeemAsync(request, answer["code"])).Status);
    }

    [Fact]
    public async Task A_sign_in_that_one_request_asked_for_is_no_answer_to_another()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var first = new CodeRequest { With = [("prompt", "login")] };
        var asked = await idp.AuthorizeAsync(browser, first);
        var back = (
            await browser.SubmitAsync(asked, ("Email", "ada@example.test"), ("Password", ProviderFixture.GoodPassword))
        ).RedirectsTo!;
        var ticket = Microsoft
            .AspNetCore.WebUtilities.QueryHelpers.ParseQuery(new Uri(back).Query)["idp_login"]
            .ToString();
        Assert.NotEmpty(ticket);

        foreach (
            var other in (CodeRequest[])
                [
                    new() { ClientId = "rsa", With = [("prompt", "login"), ("idp_login", ticket)] },
                    first with
                    {
                        With = [("prompt", "login"), ("state", "another"), ("idp_login", ticket)],
                    },
                    first with
                    {
                        With = [("prompt", "login"), ("nonce", "another"), ("idp_login", ticket)],
                    },
                    first with
                    {
                        Scope = "openid email",
                        With = [("prompt", "login"), ("idp_login", ticket)],
                    },
                ]
        )
        {
            var page = await idp.AuthorizeAsync(browser, other);

            Assert.Null(page.RedirectsTo);
            Assert.StartsWith("/login", page.Address.AbsolutePath, StringComparison.Ordinal);
        }

        Assert.True(idp.Answer(await idp.FollowAsync(browser, await browser.GetAsync(back))).ContainsKey("code"));
    }

    [Fact]
    public async Task A_hint_at_the_same_person_passes_and_at_another_asks_to_sign_in()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        await idp.Host.CreateAccountAsync("bob@example.test");
        using var ada = await idp.SignedInAsync();
        using var bob = await idp.SignedInAsync("bob@example.test");
        var hint = (await idp.TokensAsync(ada, new())).IdToken;
        idp.Host.Time.Advance(TimeSpan.FromMinutes(20));
        var request = new CodeRequest { With = [("id_token_hint", hint)] };
        var silent = new CodeRequest { With = [("id_token_hint", hint), ("prompt", "none")] };

        Assert.True(idp.Answer(await idp.AuthorizeAsync(ada, silent)).ContainsKey("code"));
        Assert.Equal("login_required", idp.Answer(await idp.AuthorizeAsync(bob, silent))["error"]);
        var asked = await idp.AuthorizeAsync(bob, request);
        Assert.Equal("/login", asked.Address.AbsolutePath);
        Assert.True(idp.Answer(await idp.SignInAsync(bob, asked)).ContainsKey("code"));
    }

    [Fact]
    public async Task Login_hint_and_language_reach_the_sign_in_page()
    {
        await using var idp = await OpenIdHost.StartAsync();
        using var browser = idp.Host.NewBrowser();

        var page = await idp.AuthorizeAsync(
            browser,
            new() { With = [("login_hint", "grace@example.test"), ("ui_locales", "de en")] }
        );

        Assert.Equal("grace@example.test", page.Document.QuerySelector("input[name=Email]")!.GetAttribute("value"));
        Assert.Equal("de", page.Document.DocumentElement.GetAttribute("lang"));
    }

    [Theory]
    [InlineData("not an address")]
    [InlineData("ada\u200b@example.test")]
    [InlineData("ada@example.test\u202e")]
    [InlineData("ada@example.test\r\nBcc: bob@example.test")]
    [InlineData("ada@example.test\0")]
    public async Task A_hint_that_is_no_address_reaches_no_page(string hint)
    {
        await using var idp = await OpenIdHost.StartAsync();
        using var browser = idp.Host.NewBrowser();

        var page = await idp.AuthorizeAsync(browser, new() { With = [("login_hint", hint)] });

        if (page.Response.IsSuccessStatusCode)
        {
            var shown = page.Document.QuerySelector("input[name=Email]")!.GetAttribute("value");
            Assert.True(string.IsNullOrEmpty(shown), shown);
        }
        else
        {
            Assert.Equal(400, (int)page.Status);
        }
    }

    [Fact]
    public async Task Consent_is_asked_once_remembered_and_asked_again_when_wanted_or_for_more()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var request = new CodeRequest { ClientId = "third", Scope = "openid email" };
        var silent = request with { With = [("prompt", "none")] };

        Assert.Equal("consent_required", idp.Answer(await idp.AuthorizeAsync(browser, silent))["error"]);
        var consent = await idp.AuthorizeAsync(browser, request);
        Assert.Equal("/consent", consent.Address.AbsolutePath);
        var denied = idp.Answer(await idp.FollowAsync(browser, await browser.SubmitAsync(consent, ("answer", "deny"))));
        Assert.Equal("access_denied", denied["error"]);
        Assert.Equal("the-state", denied["state"]);
        consent = await idp.AuthorizeAsync(browser, request);
        var granted = idp.Answer(
            await idp.FollowAsync(browser, await browser.SubmitAsync(consent, ("answer", "grant")))
        );
        Assert.Equal(200, (await idp.RedeemAsync(request, granted["code"])).Status);

        Assert.True(idp.Answer(await idp.AuthorizeAsync(browser, silent)).ContainsKey("code"));
        var more = await idp.AuthorizeAsync(browser, request with { Scope = "openid email phone" });
        Assert.Equal("/consent", more.Address.AbsolutePath);
        var again = await idp.AuthorizeAsync(browser, request with { With = [("prompt", "consent")] });
        Assert.Equal("/consent", again.Address.AbsolutePath);
    }

    [Fact]
    public async Task A_consent_of_another_person_or_for_other_scopes_is_no_answer()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        await idp.Host.CreateAccountAsync("bob@example.test");
        using var ada = await idp.SignedInAsync();
        using var bob = await idp.SignedInAsync("bob@example.test");
        var request = new CodeRequest { ClientId = "third", Scope = "openid email" };
        var consent = await idp.AuthorizeAsync(ada, request);
        var answer = (await ada.SubmitAsync(consent, ("answer", "grant"))).RedirectsTo!;

        var stolen = await idp.FollowAsync(bob, await bob.GetAsync(answer));
        var widened = await idp.FollowAsync(
            ada,
            await ada.GetAsync(answer.Replace("scope=openid", "scope=phone%20openid", StringComparison.Ordinal))
        );

        Assert.Equal("/consent", stolen.Address.AbsolutePath);
        Assert.Equal("/consent", widened.Address.AbsolutePath);
    }

    [Theory, InlineData("GET"), InlineData("POST")]
    public async Task A_long_request_passes_the_sign_in_and_the_consent_whole(string method)
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = idp.Host.NewBrowser();
        var state = new string('s', 6000);
        var request = new CodeRequest { ClientId = "third", With = [("state", state)] };
        TestPage first;
        if (method == "GET")
        {
            first = await browser.GetAsync(request.Address);
        }
        else
        {
            using var form = new FormUrlEncodedContent(request.Parameters);
            first = await TestPage.ReadAsync(
                await browser.Client.PostAsync(
                    new Uri("/connect/authorize", UriKind.Relative),
                    form,
                    TestContext.Current.CancellationToken
                )
            );
        }

        // Proxies cut what is longer than 8 KB, some at 4.
        var login = await idp.FollowAsync(browser, first);
        Assert.True(first.RedirectsTo!.Length < 2_000, first.RedirectsTo);
        Assert.True(login.Address.AbsoluteUri.Length < 2_000, login.Address.AbsoluteUri);
        var consent = await idp.SignInAsync(browser, login);
        var answer = idp.Answer(
            await idp.FollowAsync(browser, await browser.SubmitAsync(consent, ("answer", "grant")))
        );

        Assert.Equal(state, answer["state"]);
        Assert.Equal(200, (await idp.RedeemAsync(request, answer["code"])).Status);
    }

    [Fact]
    public async Task Requests_are_kept_for_a_network_so_often_and_for_an_hour()
    {
        await using var idp = await OpenIdHost.StartAsync(settings: [("OpenId:KeptPerNetwork", "12")]);
        using var browser = idp.Host.NewBrowser();
        var request = new CodeRequest { With = [("state", new string('s', 6_000))] };
        var kept = (await browser.GetAsync(request.Address)).RedirectsTo!;
        for (var i = 1; i < 12; i++)
        {
            Assert.Equal(303, (int)(await browser.GetAsync(request.Address)).Status);
        }

        Assert.Equal(429, (int)(await browser.GetAsync(request.Address)).Status);
        Assert.Equal(303, (int)(await browser.GetAsync(kept)).Status);
        Assert.Equal(400, (int)(await browser.GetAsync(kept + "&client_id=rsa")).Status);
        Assert.Equal(12, await CountAsync());
        idp.Host.Time.Advance(TimeSpan.FromMinutes(61));
        Assert.Equal(400, (int)(await browser.GetAsync(kept)).Status);
        await idp.Host.InScopeAsync(async p =>
        {
            await p.GetRequiredService<IdentityProvider.OpenId.PruneTokens>()
                .RunAsync(TestContext.Current.CancellationToken);
            return 0;
        });
        Assert.Equal(0, await CountAsync());

        async Task<int> CountAsync()
        {
            await using var context = idp.Host.Database.OpenContext();
            return await context
                .Set<OpenIddict.EntityFrameworkCore.Models.OpenIddictEntityFrameworkCoreToken>()
                .CountAsync(t => t.Type == "kept_request", TestContext.Current.CancellationToken);
        }
    }
}
