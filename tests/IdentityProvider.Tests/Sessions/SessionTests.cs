using System.Net;
using IdentityProvider.Data;
using IdentityProvider.Tests.OpenId;
using IdP.UI.Ports;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Sessions;

/// <summary>Sessions are rows: each is bound to its account's security stamp, and ending one ends it at once.</summary>
public sealed class SessionTests
{
    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_session_opens_the_portal_and_its_cookie_is_not_its_id(DatabaseProvider provider)
    {
        await using var host = await ProviderFixture.StartAsync(provider);
        await host.CreateAccountAsync();
        using var browser = host.NewBrowser();
        await SignInAsync(browser);

        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/account")).Status);
        var id = await host.InScopeAsync(p =>
            p.GetRequiredService<IdpDbContext>().Sessions.Select(s => s.Id).SingleAsync()
        );
        Assert.DoesNotContain(browser.Cookies.GetAllCookies(), c => c.Value.Contains(id, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_session_ends_after_an_hour_without_use_and_not_while_it_is_used()
    {
        await using var host = await ProviderFixture.StartAsync();
        await host.CreateAccountAsync();
        using var browser = host.NewBrowser();
        await SignInAsync(browser);
        for (var i = 0; i < 4; i++)
        {
            host.Time.Advance(TimeSpan.FromMinutes(50));
            Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/account")).Status);
        }

        host.Time.Advance(TimeSpan.FromMinutes(61));
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.GetAsync("/account")).Status);
    }

    [Fact]
    public async Task A_session_ends_after_a_day_however_much_it_is_used()
    {
        await using var host = await ProviderFixture.StartAsync();
        await host.CreateAccountAsync();
        using var browser = host.NewBrowser();
        await SignInAsync(browser);
        for (var i = 0; i < 28; i++)
        {
            host.Time.Advance(TimeSpan.FromMinutes(50));
            await browser.GetAsync("/account");
        }

        host.Time.Advance(TimeSpan.FromMinutes(45));
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.GetAsync("/account")).Status);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_new_security_stamp_ends_every_session_before_any_job_has_run(DatabaseProvider provider)
    {
        await using var host = await ProviderFixture.StartAsync(provider);
        var account = await host.CreateAccountAsync();
        using var browser = host.NewBrowser();
        await SignInAsync(browser);
        await host.InScopeAsync(p =>
            p.GetRequiredService<IdpDbContext>()
                .Users.Where(u => u.Id == account.Id)
                .ExecuteUpdateAsync(set => set.SetProperty(u => u.SecurityStamp, "another"))
        );

        Assert.Equal(HttpStatusCode.SeeOther, (await browser.GetAsync("/account")).Status);
    }

    [Fact]
    public async Task A_suspended_account_has_no_session()
    {
        await using var host = await ProviderFixture.StartAsync();
        var account = await host.CreateAccountAsync();
        using var browser = host.NewBrowser();
        await SignInAsync(browser);
        var now = host.Time.GetUtcNow();
        await host.InScopeAsync(p =>
            p.GetRequiredService<IdpDbContext>()
                .Users.Where(u => u.Id == account.Id)
                .ExecuteUpdateAsync(set => set.SetProperty(u => u.SuspendedAt, now))
        );

        Assert.Equal(HttpStatusCode.SeeOther, (await browser.GetAsync("/account")).Status);
    }

    [Fact]
    public async Task Signing_in_again_gives_a_new_cookie_and_the_old_one_is_worthless()
    {
        await using var host = await ProviderFixture.StartAsync();
        await host.CreateAccountAsync();
        using var browser = host.NewBrowser();
        await SignInAsync(browser);
        var planted = SessionCookie(browser, host.Origin);
        await SignInAsync(browser);
        Assert.NotEqual(planted, SessionCookie(browser, host.Origin));

        using var thief = host.NewBrowser();
        thief.Cookies.Add(host.Origin, new Cookie("idp", planted));
        Assert.Equal(HttpStatusCode.SeeOther, (await thief.GetAsync("/account")).Status);
    }

    [Fact]
    public async Task The_owner_ends_another_session_and_keeps_this_one()
    {
        await using var host = await ProviderFixture.StartAsync();
        var account = await host.CreateAccountAsync();
        using var here = host.NewBrowser();
        using var elsewhere = host.NewBrowser();
        await SignInAsync(elsewhere);
        host.Time.Advance(TimeSpan.FromMinutes(2));
        await SignInAsync(here);
        var sessions = await ListAsync(host, account.Id);
        Assert.Equal(2, sessions.Count);

        var page = await here.GetAsync("/account/sessions");
        var form = page.Document.Forms.Single(f => f.QuerySelector($"input[value='{sessions[1].Id}']") is not null);
        Assert.Equal(HttpStatusCode.SeeOther, (await here.SubmitAsync(page, form)).Status);

        Assert.Equal(HttpStatusCode.SeeOther, (await elsewhere.GetAsync("/account")).Status);
        Assert.Equal(HttpStatusCode.OK, (await here.GetAsync("/account")).Status);
    }

    [Fact]
    public async Task Nobody_ends_a_session_of_somebody_else()
    {
        await using var host = await ProviderFixture.StartAsync();
        var ada = await host.CreateAccountAsync();
        await host.CreateAccountAsync("ben@example.test");
        using var adas = host.NewBrowser();
        using var bens = host.NewBrowser();
        await SignInAsync(adas);
        await SignInAsync(bens, "ben@example.test");
        var target = (await ListAsync(host, ada.Id)).Single().Id;

        var page = await bens.GetAsync("/account/sessions");
        var form = page.Document.Forms.First(f => f.QuerySelector("input[name='id']") is not null);
        await bens.SubmitAsync(page, form, ("id", target));

        Assert.Equal(HttpStatusCode.OK, (await adas.GetAsync("/account")).Status);
    }

    [Fact]
    public async Task Somebody_who_is_not_signed_in_is_sent_to_the_portals_own_sign_in()
    {
        await using var host = await ProviderFixture.StartAsync();
        using var browser = host.NewBrowser();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/account/sessions");
        request.Headers.Host = "evil.example";
        using var response = await browser.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal("/login?returnUrl=%2Faccount%2Fsessions", response.Headers.Location?.OriginalString);
        Assert.StartsWith(
            $"{host.Origin}login/administrator?",
            (await browser.GetAsync("/admin/mail")).RedirectsTo,
            StringComparison.Ordinal
        );
    }

    private static Task<IReadOnlyList<AccountSession>> ListAsync(ProviderFixture host, string accountId) =>
        host.InScopeAsync(p =>
            p.GetRequiredService<ISessionList>().ListAsync(accountId, TestContext.Current.CancellationToken)
        );

    private static string SessionCookie(TestBrowser browser, Uri origin) =>
        browser.Cookies.GetCookies(origin)["idp"]!.Value;

    private static async Task SignInAsync(TestBrowser browser, string email = "ada@example.test")
    {
        var page = await browser.SubmitAsync(
            await browser.GetAsync("/login"),
            ("Email", email),
            ("Password", ProviderFixture.GoodPassword)
        );
        Assert.Equal(HttpStatusCode.SeeOther, page.Status);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_session_that_is_kept_over_a_change_of_password_signs_in_to_applications(
        DatabaseProvider provider
    )
    {
        await using var idp = await OpenIdHost.StartAsync(provider);
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var done = await browser.SubmitAsync(
            await browser.GetAsync("/account/password"),
            ("Current", ProviderFixture.GoodPassword),
            ("Password", ProviderFixture.BetterPassword)
        );
        Assert.Equal(303, (int)done.Status);
        await idp.Host.DrainAsync();

        var tokens = await idp.TokensAsync(browser, new() { Scope = "openid offline_access" });

        Assert.Equal(200, (await idp.RefreshAsync("app", tokens.RefreshToken)).Status);
    }
}
