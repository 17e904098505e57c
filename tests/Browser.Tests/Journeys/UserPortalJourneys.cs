using Browser.Tests.Pages;
using Browser.Tests.Support;
using Microsoft.Playwright;
using Tests.Support;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Browser.Tests.Journeys;

/// <summary>What people do for themselves in the user portal.</summary>
public sealed class UserPortalJourneys(Chromium chromium) : Journey
{
    private const string Ada = "ada@example.test";

    [Fact]
    public async Task Somebody_changes_the_password_and_stays_signed_in_here_only()
    {
        await using var stage = await StartAsync();
        var here = await SignInAsync(stage);
        var there = await SignInAsync(stage);

        await here.GoAsync("/.well-known/change-password");
        await here.CheckAsync("portal-password");
        await here.FillAsync("Current password", ProviderFixture.GoodPassword);
        await here.FillAsync("New password", ProviderFixture.BetterPassword);
        await here.PressAsync("Change password");
        await Expect(here.Page.GetByRole(AriaRole.Status).First).ToBeVisibleAsync();

        await here.GoAsync("/account");
        await Expect(here.Page).ToHaveURLAsync(new Uri(stage.Provider.Origin, "/account").ToString());
        await there.GoAsync("/account");
        await Expect(there.Page.GetByLabel("Password", new() { Exact = true })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Somebody_signs_another_browser_out()
    {
        await using var stage = await StartAsync();
        var here = await SignInAsync(stage);
        var there = await SignInAsync(stage);

        await here.GoAsync("/account/sessions");
        await here.CheckAsync("portal-sessions");
        await here
            .Page.GetByRole(AriaRole.Listitem)
            .Filter(new() { HasNotText = "This one" })
            .GetByRole(AriaRole.Button, new() { Name = "Sign out" })
            .ClickAsync();
        await Expect(here.Page.GetByRole(AriaRole.Status).First).ToBeVisibleAsync();

        await there.GoAsync("/account");
        await Expect(there.Page.GetByLabel("Password", new() { Exact = true })).ToBeVisibleAsync();
        await here.GoAsync("/account");
        await Expect(here.Page).ToHaveURLAsync(new Uri(stage.Provider.Origin, "/account").ToString());
    }

    [Fact]
    public async Task Somebody_sees_the_profile()
    {
        await using var stage = await StartAsync();
        var ada = await SignInAsync(stage);

        await Expect(ada.Page.GetByLabel("Full name", new() { Exact = true })).ToHaveValueAsync("Ada Lovelace");
        await ada.CheckAsync("portal-profile");
    }

    [Fact]
    public async Task Somebody_takes_an_applications_access_away()
    {
        await using var stage = await StartAsync(thirdParty: true);
        var ada = await stage.EnterAsync();
        await SampleApplication.AskForSignInAsync(ada, stage);
        await Portal.SignInAsync(ada, Ada, ProviderFixture.GoodPassword);
        await ada.CheckAsync("consent");
        await ada.PressAsync("Allow");
        await SampleApplication.IsSignedInAsync(ada, stage, "Ada Lovelace");

        await ada.GoAsync("/account/applications");
        await ada.SeesAsync("Sample application");

        // In words, not 'openid, profile, offline_access'.
        await ada.SeesAsync("Who you are, Your name and profile");
        await ada.CheckAsync("portal-applications");
        await ada.Page.GetByRole(AriaRole.Button, new() { Name = "Take access away" }).ClickAsync();
        await Expect(ada.Page.GetByRole(AriaRole.Status).First).ToBeVisibleAsync();

        await ada.GoAsync(stage.Sample);
        await ada.PressAsync("Refresh tokens");
        await ada.SeesHeadingAsync("You are not signed in");
    }

    [Fact]
    public async Task Consent_is_asked_once_and_a_no_leads_back()
    {
        await using var stage = await StartAsync(thirdParty: true);
        var ada = await stage.EnterAsync();
        await SampleApplication.AskForSignInAsync(ada, stage);
        await Portal.SignInAsync(ada, Ada, ProviderFixture.GoodPassword);
        await ada.PressAsync("Do not allow");
        await ada.SeesHeadingAsync("You are not signed in");

        await ada.FollowAsync("Sign in");
        await ada.PressAsync("Allow");
        await SampleApplication.IsSignedInAsync(ada, stage, "Ada Lovelace");
        await ada.Context.ClearCookiesAsync(new() { Name = "sample" });
        await SampleApplication.AskForSignInAsync(ada, stage);

        await SampleApplication.IsSignedInAsync(ada, stage, "Ada Lovelace");
    }

    private async Task<Stage> StartAsync(bool thirdParty = false)
    {
        var stage = await Stage.StartAsync(chromium, thirdParty);
        await stage.Provider.CreateAccountAsync(Ada, with: a => a.DisplayName = "Ada Lovelace");
        return stage;
    }

    private static async Task<Person> SignInAsync(Stage stage)
    {
        var person = await stage.EnterAsync();
        await person.GoAsync("/login");
        await Portal.SignInAsync(person, Ada, ProviderFixture.GoodPassword);
        await Expect(person.Page).ToHaveURLAsync(new Uri(stage.Provider.Origin, "/account").ToString());
        return person;
    }
}
