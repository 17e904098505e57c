using IdentityProvider.Data;
using Microsoft.IdentityModel.Tokens;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.OpenId.Logout;

/// <summary>RP-Initiated, Back-Channel and Front-Channel Logout (requirements 12 and 12a).</summary>
public sealed class LogoutTests
{
    [Fact]
    public async Task A_valid_hint_signs_out_at_once_and_goes_back_with_the_state()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var hint = (await idp.TokensAsync(browser, new())).IdToken;
        idp.Host.Time.Advance(TimeSpan.FromMinutes(20));

        var page = await idp.FollowAsync(
            browser,
            await browser.GetAsync(
                LogoutAddress.Of(
                    ("id_token_hint", hint),
                    ("post_logout_redirect_uri", OpenIdHost.SignedOut),
                    ("state", "s1")
                )
            )
        );

        Assert.Equal(OpenIdHost.SignedOut + "?state=s1", page.RedirectsTo);
        await IsSignedOutAsync(idp, browser);
    }

    [Fact]
    public async Task Without_a_hint_the_person_is_asked_first_and_a_strangers_post_signs_nobody_out()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var address = LogoutAddress.Of(
            ("client_id", "app"),
            ("post_logout_redirect_uri", OpenIdHost.SignedOut),
            ("state", "s2")
        );

        var asked = await idp.FollowAsync(browser, await browser.GetAsync(address));
        Assert.Equal("/logout", asked.Address.AbsolutePath);
        using var forged = new FormUrlEncodedContent([new("ReturnUrl", "/connect/logout")]);
        var refused = await browser.Client.PostAsync(
            new Uri("/logout", UriKind.Relative),
            forged,
            TestContext.Current.CancellationToken
        );
        Assert.Equal(400, (int)refused.StatusCode);
        var page = await idp.FollowAsync(browser, await browser.SubmitAsync(asked));

        Assert.Equal(OpenIdHost.SignedOut + "?state=s2", page.RedirectsTo);
        await IsSignedOutAsync(idp, browser);
    }

    [Fact]
    public async Task With_nothing_at_all_the_person_is_asked_and_ends_on_our_page()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();

        var asked = await idp.FollowAsync(browser, await browser.GetAsync("/connect/logout"));
        Assert.Equal("/logout", asked.Address.AbsolutePath);
        var page = await idp.FollowAsync(browser, await browser.SubmitAsync(asked));

        Assert.Equal("/signed-out", page.Address.AbsolutePath);
        await IsSignedOutAsync(idp, browser);
    }

    [Theory]
    [InlineData("bad hint")]
    [InlineData("modified hint")]
    [InlineData("bad address")]
    [InlineData("address with query")]
    public async Task What_is_wrong_is_told_on_a_page_and_the_session_stays(string what)
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var hint = (await idp.TokensAsync(browser, new())).IdToken;

        var page = await idp.FollowAsync(
            browser,
            await browser.GetAsync(
                LogoutAddress.Of(
                    (
                        "id_token_hint",
                        what switch
                        {
                            "bad hint" => "x.y.z",
                            "modified hint" => hint[..^6] + "AAAAAA",
                            _ => hint,
                        }
                    ),
                    (
                        "post_logout_redirect_uri",
                        what switch
                        {
                            "bad address" => "https://evil.example.test/",
                            "address with query" => OpenIdHost.SignedOut + "?a=b",
                            _ => OpenIdHost.SignedOut,
                        }
                    )
                )
            )
        );

        Assert.Null(page.RedirectsTo);
        Assert.Equal(400, (int)page.Status);
        Assert.DoesNotContain(OpenIdHost.SignedOut, page.Text, StringComparison.Ordinal);

        Assert.True(idp.Answer(await idp.AuthorizeAsync(browser, Silent)).ContainsKey("code"));
    }

    [Theory]
    [InlineData("none", true)]
    [InlineData("none", false)]
    [InlineData("unsigned", true)]
    [InlineData("unsigned", false)]
    [InlineData("forged", true)]
    [InlineData("forged", false)]
    [InlineData("access token", true)]
    [InlineData("access token", false)]
    public async Task Nobody_is_sent_to_an_application_that_is_not_known(string hint, bool signedIn)
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var owner = await idp.SignedInAsync();
        using var stranger = idp.Host.NewBrowser();
        var tokens = await idp.TokensAsync(owner, new());
        var browser = signedIn ? owner : stranger;
        var parameters = new List<(string, string)>
        {
            ("post_logout_redirect_uri", OpenIdHost.SignedOut),
            ("state", "s4"),
        };
        if (hint != "none")
        {
            parameters.Add(
                (
                    "id_token_hint",
                    hint switch
                    {
                        "unsigned" => Unsigned(tokens.IdToken),
                        "forged" => tokens.IdToken[..^6] + "AAAAAA",
                        _ => tokens.AccessToken,
                    }
                )
            );
        }

        var page = await idp.FollowAsync(browser, await browser.GetAsync(LogoutAddress.Of([.. parameters])));
        if (hint == "none" && signedIn)
        {
            Assert.Equal("/logout", page.Address.AbsolutePath);
            page = await idp.FollowAsync(browser, await browser.SubmitAsync(page));
        }

        Assert.Null(page.RedirectsTo);
        Assert.DoesNotContain(OpenIdHost.SignedOut, page.Text, StringComparison.Ordinal);
        Assert.Equal(hint == "none" ? 200 : 400, (int)page.Status);
        if (hint == "none")
        {
            Assert.Equal("/signed-out", page.Address.AbsolutePath);
        }
    }

    [Fact]
    public async Task A_refused_request_leads_to_a_sign_out_by_hand_that_ends_here()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var refused = await browser.GetAsync(
            LogoutAddress.Of(("id_token_hint", "x.y.z"), ("post_logout_redirect_uri", OpenIdHost.SignedOut))
        );
        Assert.Equal(400, (int)refused.Status);
        var way = refused.Document.QuerySelector(".ways a")!.GetAttribute("href")!;
        Assert.Equal("/logout", way);

        var page = await idp.FollowAsync(browser, await browser.SubmitAsync(await browser.GetAsync(way)));

        Assert.Equal("/signed-out", page.Address.AbsolutePath);
        await IsSignedOutAsync(idp, browser);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_good_hint_ends_the_session_that_it_names_without_a_cookie_too(DatabaseProvider provider)
    {
        await using var listener = await LogoutListener.StartAsync();
        await using var idp = await OpenIdHost.StartAsync(
            provider,
            d => OpenIdHost.Client(d, "app")["backChannelLogoutUri"] = listener.Address
        );
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        using var elsewhere = await idp.SignedInAsync();
        var hint = (await idp.TokensAsync(browser, new())).IdToken;
        using var fromBehind = idp.Host.NewBrowser();

        for (var i = 0; i < 2; i++)
        {
            var page = await fromBehind.GetAsync(
                LogoutAddress.Of(("id_token_hint", hint), ("post_logout_redirect_uri", OpenIdHost.SignedOut))
            );
            Assert.Equal(OpenIdHost.SignedOut, page.RedirectsTo);
        }

        await IsSignedOutAsync(idp, browser);
        await listener.WaitForAsync(idp, 1);
        Assert.True(idp.Answer(await idp.AuthorizeAsync(elsewhere, Silent)).ContainsKey("code"));
    }

    [Fact]
    public async Task Who_is_not_signed_in_is_not_asked_whether_to_sign_out()
    {
        await using var idp = await OpenIdHost.StartAsync();
        using var browser = idp.Host.NewBrowser();

        var page = await idp.FollowAsync(browser, await browser.GetAsync("/logout"));

        Assert.Equal("/signed-out", page.Address.AbsolutePath);
    }

    [Fact]
    public async Task A_logout_posted_from_another_site_goes_on_with_the_session()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        using var form = new FormUrlEncodedContent([
            new("client_id", "app"),
            new("post_logout_redirect_uri", OpenIdHost.SignedOut),
        ]);

        var posted = await idp.Http.PostAsync(
            new Uri("/connect/logout", UriKind.Relative),
            form,
            TestContext.Current.CancellationToken
        );
        Assert.Equal(303, (int)posted.StatusCode);
        var asked = await idp.FollowAsync(browser, await browser.GetAsync(posted.Headers.Location!.ToString()));
        Assert.Equal("/logout", asked.Address.AbsolutePath);
        var page = await idp.FollowAsync(browser, await browser.SubmitAsync(asked));

        Assert.Equal(OpenIdHost.SignedOut, page.RedirectsTo);
        await IsSignedOutAsync(idp, browser);
    }

    [Fact]
    public async Task A_posted_hint_is_not_put_into_an_address()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var hint = (await idp.TokensAsync(browser, new())).IdToken;
        using var form = new FormUrlEncodedContent([
            new("id_token_hint", hint),
            new("post_logout_redirect_uri", OpenIdHost.SignedOut),
        ]);

        var posted = await idp.Http.PostAsync(
            new Uri("/connect/logout", UriKind.Relative),
            form,
            TestContext.Current.CancellationToken
        );
        var next = posted.Headers.Location!.ToString();
        Assert.DoesNotContain(hint[..20], next, StringComparison.Ordinal);
        var page = await idp.FollowAsync(browser, await browser.GetAsync(next));

        Assert.Equal(OpenIdHost.SignedOut, page.RedirectsTo);
        await IsSignedOutAsync(idp, browser);
    }

    private static CodeRequest Silent { get; } = new() { With = [("prompt", "none")] };

    private static async Task IsSignedOutAsync(OpenIdHost idp, TestBrowser browser) =>
        Assert.Equal("login_required", idp.Answer(await idp.AuthorizeAsync(browser, Silent))["error"]);

    private static string Unsigned(string token) =>
        $"{Base64UrlEncoder.Encode("""{"alg":"none","typ":"JWT"}""")}.{token.Split('.')[1]}.";
}
