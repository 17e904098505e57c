using System.Text.Json.Nodes;
using IdP.Recovery.Ports;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.OpenId;

/// <summary>An application that this project did not write: Apache with mod_auth_openidc.</summary>
[StartsProcesses]
public sealed class ApacheTests
{
    [Fact]
    public async Task A_person_signs_in_and_signs_out_at_the_application_and_at_the_provider()
    {
        await using var apache = ApacheServer.Prepare();
        await using var idp = await StartAsync(apache);
        await idp.Host.CreateAccountAsync();
        using var browser = NewBrowser(idp);

        await SignInAsync(browser, apache);
        var signedOut = await browser.OpenAsync(
            apache.RedirectUri + "?logout=" + Uri.EscapeDataString(apache.SignedOut)
        );
        Assert.Equal(apache.SignedOut, signedOut.Address.ToString());
        Assert.Equal("/login", (await browser.OpenAsync(apache.Page)).Address.AbsolutePath);

        await SignInAsync(browser, apache);
        var question = await browser.GetAsync("/logout");
        await browser.FollowAsync(await browser.SubmitAsync(question));
        await idp.Host.DrainAsync();
        Assert.Equal("/login", (await browser.OpenAsync(apache.Page)).Address.AbsolutePath);
    }

    [Fact]
    public async Task Eight_requests_that_refresh_at_once_stay_signed_in()
    {
        await using var apache = ApacheServer.Prepare();
        await using var idp = await StartAsync(apache);
        await idp.Host.CreateAccountAsync();
        using var browser = NewBrowser(idp);
        await SignInAsync(browser, apache);

        for (var round = 0; round < 3; round++)
        {
            var pages = await AtOnce.RunAsync(8, _ => browser.GetAsync(apache.Fresh));
            Assert.All(pages, p => Assert.Equal(200, (int)p.Status));
        }

        Assert.Equal(200, (int)(await browser.GetAsync(apache.Fresh)).Status);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_password_reset_ends_its_session_also_when_it_was_away(bool away)
    {
        await using var apache = ApacheServer.Prepare();
        await using var idp = await StartAsync(apache);
        await idp.Host.CreateAccountAsync();
        using var browser = NewBrowser(idp);
        await SignInAsync(browser, apache);

        if (away)
        {
            await apache.StopAsync();
        }

        await ResetPasswordAsync(idp);
        if (away)
        {
            await apache.StartAsync(idp.Issuer, OpenIdHost.Secret);
            idp.Host.Time.Advance(TimeSpan.FromMinutes(10));
            await idp.Host.DrainAsync();
        }

        Assert.Equal("/login", (await browser.OpenAsync(apache.Page)).Address.AbsolutePath);
    }

    // Apache leads on to a sign-in only who asks for a page.
    private static TestBrowser NewBrowser(OpenIdHost idp)
    {
        var browser = idp.Host.NewBrowser();
        browser.Client.DefaultRequestHeaders.Add("Accept", "text/html");
        return browser;
    }

    // In another browser, as somebody does who fears for the account.
    private static async Task ResetPasswordAsync(OpenIdHost idp)
    {
        using var browser = idp.Host.NewBrowser();
        await browser.SubmitAsync(await browser.GetAsync("/reset/user"), ("Email", "ada@example.test"));
        await idp.Host.DrainAsync();
        var form = await browser.OpenAsync(idp.Host.Mails.Last<RecoveryMail.PasswordResetLink>().Link.ToString());
        var done = await browser.SubmitAsync(form, ("Password", ProviderFixture.BetterPassword));
        Assert.Equal(303, (int)done.Status);
        await idp.Host.DrainAsync();
    }

    private static async Task<OpenIdHost> StartAsync(ApacheServer apache)
    {
        var idp = await OpenIdHost.StartAsync(declare: d =>
            d["clients"]!
                .AsArray()
                .Add(
                    OpenIdHost.Web(
                        ApacheServer.ClientId,
                        c =>
                        {
                            c["redirectUris"] = new JsonArray(apache.RedirectUri);
                            c["postLogoutRedirectUris"] = new JsonArray(apache.SignedOut);
                            c["backChannelLogoutUri"] = apache.RedirectUri + "?logout=backchannel";
                            c["accessTokenLifetime"] = 60;
                        }
                    )
                )
        );
        await apache.StartAsync(idp.Issuer, OpenIdHost.Secret);
        return idp;
    }

    private static async Task SignInAsync(TestBrowser browser, ApacheServer apache)
    {
        var signIn = await browser.OpenAsync(apache.Page);
        Assert.True(signIn.Address.AbsolutePath == "/login", $"{signIn.Status} {signIn.Text} " + apache.Log());
        var page = await browser.FollowAsync(
            await browser.SubmitAsync(signIn, ("Email", "ada@example.test"), ("Password", ProviderFixture.GoodPassword))
        );
        Assert.Equal(apache.Page, page.Address.ToString());
        Assert.Equal(["ada@example.test"], page.Response.Headers.GetValues("X-Person"));
        Assert.Equal("behind the sign-in", page.Text);
    }
}
