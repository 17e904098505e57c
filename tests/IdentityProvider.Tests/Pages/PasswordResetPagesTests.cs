using System.Net;
using IdentityProvider.Data;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Pages;

/// <summary>The reset as a browser without JavaScript meets it, and as an attacker does (threats.md).</summary>
public sealed class PasswordResetPagesTests
{
    private const string Ada = "ada@example.test";

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Somebody_who_forgot_the_password_sets_a_new_one_and_is_not_signed_in_by_it(
        DatabaseProvider provider
    )
    {
        await using var host = await ProviderFixture.StartAsync(provider);
        await host.CreateAccountAsync();
        using var browser = host.NewBrowser();
        var link = await AskAsync(host, browser);

        var page = await browser.OpenAsync(link.ToString());
        Assert.Equal("Choose a new password", page.Heading);
        var done = await browser.SubmitAsync(page, ("Password", ProviderFixture.BetterPassword));
        Assert.Equal(HttpStatusCode.SeeOther, done.Status);
        Assert.Equal("Your password is changed", (await browser.FollowAsync(done)).Heading);

        Assert.Equal(HttpStatusCode.SeeOther, (await browser.GetAsync("/account")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await SignInAsync(browser, ProviderFixture.GoodPassword)).Status);
        Assert.Equal(HttpStatusCode.SeeOther, (await SignInAsync(browser, ProviderFixture.BetterPassword)).Status);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Threat_16_A_scanner_that_follows_redirects_and_keeps_cookies_writes_nothing(
        DatabaseProvider provider
    )
    {
        await using var host = await ProviderFixture.StartAsync(provider);
        await host.CreateAccountAsync();
        using var owner = host.NewBrowser();
        using var scanner = host.NewBrowser();
        var link = await AskAsync(host, owner);
        await scanner.GetAsync("/login");
        var before = await host.Database.ReadAsync(TestContext.Current.CancellationToken);

        for (var i = 0; i < 3; i++)
        {
            var page = await scanner.OpenAsync(link.ToString());
            Assert.Equal("Choose a new password", page.Heading);
        }

        Assert.Equal(before, await host.Database.ReadAsync(TestContext.Current.CancellationToken));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task What_is_posted_looks_for_the_links_request_once(DatabaseProvider provider)
    {
        var asked = new QueryPlans("\"RecoveryPasswordResetRequests\"");
        await using var host = await ProviderFixture.StartAsync(provider, services: asked.Watch);
        await host.CreateAccountAsync();
        using var browser = host.NewBrowser();
        var page = await browser.OpenAsync((await AskAsync(host, browser)).ToString());
        asked.Seen.Clear();

        await browser.SubmitAsync(page, ("Password", ProviderFixture.BetterPassword));

        Assert.Single(
            asked.Seen,
            s =>
                s.Statement.StartsWith("SELECT", StringComparison.Ordinal)
                && s.Statement.Contains("\"TokenHash\" = ", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task Threat_1_No_password_is_set_without_the_mailed_token()
    {
        await using var host = await ProviderFixture.StartAsync();
        await host.CreateAccountAsync();
        using var victim = host.NewBrowser();
        using var attacker = host.NewBrowser();
        await AskAsync(host, victim);

        var form = await attacker.GetAsync("/login");
        var posted = await attacker.SubmitAsync(
            form with
            {
                Response = await attacker.Client.GetAsync("/reset/password", TestContext.Current.CancellationToken),
            },
            form.Document.Forms.First(f => f.Elements["Password"] is not null),
            ("Password", ProviderFixture.BetterPassword)
        );

        Assert.Equal(HttpStatusCode.Gone, posted.Status);
        Assert.Equal(HttpStatusCode.SeeOther, (await SignInAsync(attacker, ProviderFixture.GoodPassword)).Status);
    }

    [Fact]
    public async Task Threat_2_The_mailed_link_leads_to_the_configured_origin_whatever_the_request_says()
    {
        await using var host = await ProviderFixture.StartAsync();
        await host.CreateAccountAsync();
        using var browser = host.NewBrowser();
        browser.Client.DefaultRequestHeaders.Add("X-Forwarded-Host", "evil.example");
        browser.Client.DefaultRequestHeaders.Add("Forwarded", "host=evil.example;proto=https");
        browser.Client.DefaultRequestHeaders.Host = "evil.example";

        var link = await AskAsync(host, browser);

        Assert.StartsWith(host.Origin.ToString(), link.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Email=ada%40example.test&Email=eve%40example.test")]
    [InlineData("Email%5B%5D=ada%40example.test")]
    [InlineData("Email%5B0%5D=ada%40example.test&Email%5B1%5D=eve%40example.test")]
    [InlineData("Email=ada%40example.test%0D%0ABcc%3Aeve%40example.test")]
    [InlineData("Email=ada%40example.test%00")]
    [InlineData("Email=ada%40example.test%2Ceve%40example.test")]
    [InlineData("Email=%E2%80%AEada%40example.test")]
    [InlineData("Email=ad%D0%B0%40example.test")]
    [InlineData("Email=")]
    [InlineData("")]
    public async Task Threat_3_An_address_out_of_shape_is_refused_and_nothing_is_kept_or_mailed(string body)
    {
        await using var host = await ProviderFixture.StartAsync();
        await host.CreateAccountAsync();
        using var browser = host.NewBrowser();
        var page = await browser.GetAsync("/reset/user");
        var token = page.Document.QuerySelector("input[name='__RequestVerificationToken']")!.GetAttribute("value")!;
        using var content = new StringContent(
            $"{body}&__RequestVerificationToken={Uri.EscapeDataString(token)}",
            new System.Net.Http.Headers.MediaTypeHeaderValue("application/x-www-form-urlencoded")
        );
        using var response = await browser.Client.PostAsync(
            "/reset/user",
            content,
            TestContext.Current.CancellationToken
        );

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        await host.DrainAsync();
        Assert.Empty(host.Mails.Sent);
        Assert.False(await host.InScopeAsync(p => p.GetRequiredService<IdpDbContext>().Set<ResetRequest>().AnyAsync()));
    }

    [Fact]
    public async Task Threat_11_Known_unknown_and_limited_addresses_get_the_same_answer()
    {
        await using var host = await ProviderFixture.StartAsync();
        await host.CreateAccountAsync();
        await host.CreateAccountAsync("suspended@example.test", with: a => a.SuspendedAt = a.CreatedAt);
        var answers = new List<string>();
        foreach (var email in new[] { Ada, Ada, Ada, Ada, Ada, "nobody@example.test", "suspended@example.test" })
        {
            using var browser = host.NewBrowser();
            var sent = await browser.SubmitAsync(await browser.GetAsync("/reset/user"), ("Email", email));
            var page = await browser.FollowAsync(sent);
            answers.Add($"{(int)sent.Status} {sent.RedirectsTo} {page.Document.QuerySelector("main")!.TextContent}");
        }

        Assert.Single(answers.Distinct());
    }

    [Fact]
    public async Task Threat_11_Sign_in_tells_unknown_locked_and_wrong_apart_by_nothing()
    {
        await using var host = await ProviderFixture.StartAsync();
        await host.CreateAccountAsync();
        using var browser = host.NewBrowser();
        var wrong = await SignInAsync(browser, "quite another password");
        var unknown = await SignInAsync(browser, "quite another password", "nobody@example.test");
        for (var i = 0; i < 6; i++)
        {
            await SignInAsync(browser, "quite another password");
        }

        var locked = await SignInAsync(browser, "quite another password");
        string Words(TestPage page) => page.Document.QuerySelector("main")!.TextContent;
        Assert.Equal(Words(wrong), Words(unknown));
        Assert.Equal(Words(wrong), Words(locked));
    }

    [Fact]
    public async Task Threat_16_A_mail_scanner_that_opens_the_link_ten_times_spends_nothing()
    {
        await using var host = await ProviderFixture.StartAsync();
        await host.CreateAccountAsync();
        using var browser = host.NewBrowser();
        var link = await AskAsync(host, browser);
        for (var i = 0; i < 10; i++)
        {
            using var scanner = host.NewBrowser();
            await scanner.OpenAsync(link.ToString());
            await scanner.Client.SendAsync(new(HttpMethod.Head, link), TestContext.Current.CancellationToken);
        }

        var page = await browser.OpenAsync(link.ToString());
        Assert.Equal(
            HttpStatusCode.SeeOther,
            (await browser.SubmitAsync(page, ("Password", ProviderFixture.BetterPassword))).Status
        );
    }

    [Fact]
    public async Task Threat_18_The_token_leaves_the_address_bar_before_any_page_is_shown()
    {
        await using var host = await ProviderFixture.StartAsync();
        await host.CreateAccountAsync();
        using var browser = host.NewBrowser();
        var link = await AskAsync(host, browser);
        var token = link.Query["?token=".Length..];

        var opened = await browser.GetAsync(link.ToString());
        Assert.Equal(HttpStatusCode.SeeOther, opened.Status);
        Assert.Equal($"{host.Origin}reset/password", opened.RedirectsTo);
        var page = await browser.FollowAsync(opened);
        Assert.DoesNotContain(token, page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(browser.Cookies.GetAllCookies(), c => c.Value.Contains(token, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_token_of_one_kind_of_link_is_none_of_the_other()
    {
        await using var host = await ProviderFixture.StartAsync();
        await host.CreateAccountAsync();
        using var browser = host.NewBrowser();
        var link = await AskAsync(host, browser);
        var swapped = link.ToString().Replace("/reset/open", "/not-me/open", StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.Gone, (await browser.OpenAsync(swapped)).Status);
    }

    [Fact]
    public async Task This_was_not_me_locks_ends_and_mails_a_new_link_that_lifts_the_lock()
    {
        await using var host = await ProviderFixture.StartAsync();
        await host.CreateAccountAsync();
        using var thief = host.NewBrowser();
        var page = await thief.OpenAsync((await AskAsync(host, thief)).ToString());
        await thief.SubmitAsync(page, ("Password", ProviderFixture.BetterPassword));
        await SignInAsync(thief, ProviderFixture.BetterPassword);
        await host.DrainAsync();
        var notice = host.Mails.Last<RecoveryMail.PasswordChanged>();

        using var owner = host.NewBrowser();
        var asked = await owner.OpenAsync(notice.NotMeLink.ToString());
        Assert.Equal(HttpStatusCode.OK, (await thief.GetAsync("/account")).Status);
        Assert.Equal("The account is locked", (await owner.SubmitAsync(asked)).Heading);

        Assert.Equal(HttpStatusCode.SeeOther, (await thief.GetAsync("/account")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await SignInAsync(thief, ProviderFixture.BetterPassword)).Status);
        await host.DrainAsync();
        var link = host.Mails.Last<RecoveryMail.PasswordResetLink>().Link;
        page = await owner.OpenAsync(link.ToString());
        await owner.SubmitAsync(page, ("Password", ProviderFixture.GoodPassword + " again"));
        Assert.Equal(
            HttpStatusCode.SeeOther,
            (await SignInAsync(owner, ProviderFixture.GoodPassword + " again")).Status
        );
    }

    private static async Task<Uri> AskAsync(ProviderFixture host, TestBrowser browser)
    {
        await browser.SubmitAsync(await browser.GetAsync("/reset/user"), ("Email", Ada));
        await host.DrainAsync();
        return host.Mails.Last<RecoveryMail.PasswordResetLink>().Link;
    }

    private static async Task<TestPage> SignInAsync(TestBrowser browser, string password, string email = Ada) =>
        await browser.SubmitAsync(await browser.GetAsync("/login"), ("Email", email), ("Password", password));
}
