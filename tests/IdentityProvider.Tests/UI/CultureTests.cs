using System.Net;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.UI;

/// <summary>In which language a page comes: the application's wish, the person's choice, the account, the browser.</summary>
public sealed class CultureTests
{
    private const string WithinReturn = "/login?returnUrl=%2Fconnect%2Fauthorize%3Fclient_id%3Dx%26ui_locales%3D";

    [Theory]
    [InlineData("de", "/login", "de")]
    [InlineData("fr, de;q=0.5", "/login", "de")]
    [InlineData("de-AT", "/login", "de")]
    [InlineData("fr", "/login", "en")]
    [InlineData("en", "/login?ui_locales=de", "de")]
    [InlineData("en", "/login?ui_locales=fr%20de-CH%20en", "de")]
    [InlineData("de", "/login?ui_locales=xx%20fr", "de")]
    [InlineData("de", "/login?ui_locales=%00%0D%0A", "de")]
    [InlineData("de", "/login?ui_locales=en&ui_locales=en", "de")]
    [InlineData("en", WithinReturn + "de", "de")]
    [InlineData("de", "/login?ui_locales=de&returnUrl=%2F%3Fui_locales%3Den", "de")]
    [InlineData("en", "/login?returnUrl=https%3A%2F%2Fevil.example%2F%3Fui_locales%3Dde", "en")]
    public async Task A_stranger_is_met_in_the_language_asked_for_and_else_in_the_browsers(
        string browsers,
        string address,
        string expected
    )
    {
        await using var host = await ProviderFixture.StartAsync();
        using var browser = host.NewBrowser(browsers);

        Assert.Equal(expected, Language(await browser.GetAsync(address)));
    }

    [Fact]
    public async Task The_account_comes_before_the_browser_and_after_what_was_asked_for_or_chosen()
    {
        await using var host = await ProviderFixture.StartAsync();
        await host.CreateAccountAsync(with: a => a.Locale = "de");
        using var browser = host.NewBrowser("en");
        Assert.Equal("en", Language(await browser.GetAsync("/login")));
        await browser.SubmitAsync(
            await browser.GetAsync("/login"),
            ("Email", "ada@example.test"),
            ("Password", ProviderFixture.GoodPassword)
        );

        var page = await browser.GetAsync("/account");
        Assert.Equal("de", Language(page));
        Assert.Equal("en", Language(await browser.GetAsync("/account?ui_locales=en")));

        var chosen = await ChooseAsync(browser, page, "en");
        Assert.Equal("/account", new Uri(chosen.RedirectsTo!).PathAndQuery);
        Assert.Equal("en", Language(await browser.GetAsync("/account")));
        Assert.Equal("de", Language(await browser.GetAsync("/account?ui_locales=de")));
        Assert.Equal("en", Language(await browser.GetAsync(WithinReturn + "de")));
    }

    [Fact]
    public async Task Who_chooses_on_a_page_whose_address_asks_for_another_language_gets_the_chosen_one()
    {
        await using var host = await ProviderFixture.StartAsync();
        using var browser = host.NewBrowser("en");

        var chosen = await ChooseAsync(browser, await browser.GetAsync("/login?ui_locales=de&login_hint=ada"), "en");

        Assert.Equal("/login?login_hint=ada", new Uri(chosen.RedirectsTo!).PathAndQuery);
        Assert.Equal("en", Language(await browser.FollowAsync(chosen)));

        // And the error page keeps to it.
        var later = await ChooseAsync(browser, await browser.GetAsync("/login"), "de");
        Assert.Equal("de", Language(await browser.FollowAsync(later)));
        Assert.Equal("de", Language(await browser.GetAsync("/nothing")));
    }

    [Fact]
    public async Task A_choice_leads_nowhere_else_and_takes_no_language_that_is_not_spoken()
    {
        await using var host = await ProviderFixture.StartAsync();
        using var browser = host.NewBrowser("de");
        var page = await browser.GetAsync("/login");
        var form = page.Document.Forms.Single(f => f.ClassName == "preferences");

        var away = await browser.SubmitAsync(page, form, ("language", "fr"), ("returnUrl", "https://evil.example/"));

        Assert.Equal(host.Origin, new Uri(away.RedirectsTo!));
        Assert.Equal("de", Language(await browser.GetAsync("/login")));
        Assert.Equal(HttpStatusCode.NotFound, (await browser.GetAsync("/preferences")).Status);
    }

    private static Task<TestPage> ChooseAsync(TestBrowser browser, TestPage page, string language) =>
        browser.SubmitAsync(
            page,
            page.Document.Forms.Single(f => f.ClassName == "preferences"),
            ("language", language)
        );

    private static string? Language(TestPage page) => page.Document.DocumentElement.GetAttribute("lang");
}
