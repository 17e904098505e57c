using Microsoft.AspNetCore.WebUtilities;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.OpenId.Logout;

/// <summary>Applications are told in frames that a session has ended (OpenID Connect Front-Channel Logout).</summary>
public sealed class FrontChannelLogoutTests
{
    [Fact]
    public async Task Applications_are_told_in_frames_with_issuer_and_session()
    {
        await using var idp = await OpenIdHost.StartAsync(declare: d =>
            OpenIdHost.Client(d, "app")["frontChannelLogoutUri"] = "https://app.example.test/front?x=1"
        );
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var hint = (await idp.TokensAsync(browser, new())).IdToken;
        var sid = (await idp.VerifyAsync(hint)).GetClaim("sid").Value;

        var page = await idp.FollowAsync(
            browser,
            await browser.GetAsync(
                LogoutAddress.Of(
                    ("id_token_hint", hint),
                    ("post_logout_redirect_uri", OpenIdHost.SignedOut),
                    ("state", "s3")
                )
            )
        );

        Assert.Equal("/logout/applications", page.Address.AbsolutePath);
        var frame = new Uri(Assert.Single(page.Document.QuerySelectorAll("iframe")).GetAttribute("src")!);
        var query = QueryHelpers.ParseQuery(frame.Query);
        Assert.Equal("app.example.test", frame.Host);
        Assert.Equal("1", query["x"]);
        Assert.Equal(idp.Issuer, query["iss"]);
        Assert.Equal(sid, query["sid"]);
        var next = page.Document.QuerySelector(".ways a")!.GetAttribute("href")!;
        Assert.Equal(
            OpenIdHost.SignedOut + "?state=s3",
            (await idp.FollowAsync(browser, await browser.GetAsync(next))).RedirectsTo
        );
        Assert.Equal(400, (int)(await browser.GetAsync("/logout/applications?ticket=x")).Status);
    }

    [Fact]
    public async Task The_page_may_frame_the_origins_of_the_applications_and_no_others()
    {
        await using var idp = await OpenIdHost.StartAsync(declare: d =>
        {
            OpenIdHost.Client(d, "app")["frontChannelLogoutUri"] = "https://user;script-src@one.example.test/a/front";
            OpenIdHost.Client(d, "rsa")["frontChannelLogoutUri"] = "https://one.example.test/b/front";
            OpenIdHost.Client(d, "third")["frontChannelLogoutUri"] = "https://never.example.test/front";
            OpenIdHost.Client(d, "without-pkce")["frontChannelLogoutUri"] = "https://bücher.example.test:8443/front";
            OpenIdHost.Client(d, "signing")["frontChannelLogoutUri"] = "http://127.0.0.1:9876/front";
        });
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var hint = (await idp.TokensAsync(browser, new())).IdToken;
        foreach (var clientId in (string[])["rsa", "without-pkce", "signing"])
        {
            await idp.CodeAsync(browser, new() { ClientId = clientId });
        }

        var page = await idp.FollowAsync(browser, await browser.GetAsync(LogoutAddress.Of(("id_token_hint", hint))));

        Assert.Equal("/logout/applications", page.Address.AbsolutePath);
        Assert.Equal(4, page.Document.QuerySelectorAll("iframe").Length);
        Assert.Equal(
            ["http://127.0.0.1:9876", "https://one.example.test", "https://xn--bcher-kva.example.test:8443"],
            Directive(page, "frame-src")!.Order(StringComparer.Ordinal)
        );
        Assert.Equal(["'self'"], Directive(page, "script-src")!);
        Assert.Equal(["'none'"], Directive(page, "default-src")!);
        Assert.Null(Directive(await browser.GetAsync("/login"), "frame-src"));
    }

    private static string[]? Directive(TestPage page, string name) =>
        Assert
            .Single(page.Response.Headers.GetValues("Content-Security-Policy"))
            .Split(';', StringSplitOptions.TrimEntries)
            .Select(d => d.Split(' '))
            .SingleOrDefault(d => d[0] == name)
            ?[1..];
}
