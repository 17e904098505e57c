using Browser.Tests.Pages;
using Browser.Tests.Support;
using Microsoft.Playwright;
using Tests.Support;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Browser.Tests.Journeys;

/// <summary>Signing in to an application through the provider.</summary>
public sealed class SignInJourneys(Chromium chromium) : Journey
{
    private const string Ada = "ada@example.test";

    [Fact]
    public async Task Somebody_signs_in_to_the_sample_application_and_out_again()
    {
        await using var stage = await StartAsync();
        var ada = await stage.EnterAsync();

        await SampleApplication.AskForSignInAsync(ada, stage);
        await ada.CheckAsync("sign-in-for-an-application");
        await ada.SeesAsync("Sample application");
        await Portal.SignInAsync(ada, Ada, ProviderFixture.GoodPassword);
        await SampleApplication.IsSignedInAsync(ada, stage, "Ada Lovelace");
        await ada.CheckAsync("sample-signed-in");

        await ada.PressAsync("Sign out");
        await ada.SeesHeadingAsync("You are signed out");
        await SampleApplication.IsSignedOutAsync(ada, stage);
        await SampleApplication.AskForSignInAsync(ada, stage);
        await Expect(ada.Page.GetByLabel("Password", new() { Exact = true })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Before_something_dangerous_the_application_asks_for_a_second_factor()
    {
        await using var stage = await Stage.StartAsync(chromium);
        var account = await stage.Provider.CreateAccountAsync(Ada, with: a => a.DisplayName = "Ada Lovelace");
        var ada = await stage.EnterAsync();
        await SampleApplication.AskForSignInAsync(ada, stage);
        await Portal.SignInAsync(ada, Ada, ProviderFixture.GoodPassword);
        await SampleApplication.IsSignedInAsync(ada, stage, "Ada Lovelace");
        await ada.SeesAsync("urn:idp:acr:pwd");

        // Whoever has none is told so, and nothing goes round in circles.
        await ada.PressAsync("Transfer money");
        await ada.SeesHeadingAsync("This needs a second factor");
        await ada.CheckAsync("sample-needs-a-factor");
        var phone = await stage.EnrollTotpAsync(account.Id);
        await ada.FollowAsync("Back");
        await ada.PressAsync("Transfer money");
        await ada.SeesHeadingAsync("Confirm that it is you");
        await ada.FillAsync("Code", phone.CodeAt(stage.Time.GetUtcNow()));
        await ada.PressAsync("Continue");
        await ada.SeesHeadingAsync("Transfer money");
        await ada.CheckAsync("sample-transfer");
        await ada.PressAsync("Transfer 100 coins");

        await ada.SeesHeadingAsync("The coins are on their way");
        await ada.FollowAsync("Back");
        await ada.SeesAsync("urn:idp:acr:mfa");
    }

    [Fact]
    public async Task The_page_that_tells_applications_goes_on_once_their_frames_have_loaded()
    {
        await using var stage = await Stage.StartAsync(chromium, frontChannel: true);
        await stage.Provider.CreateAccountAsync(Ada, with: a => a.DisplayName = "Ada Lovelace");
        var ada = await stage.EnterAsync();
        await SampleApplication.AskForSignInAsync(ada, stage);
        await Portal.SignInAsync(ada, Ada, ProviderFixture.GoodPassword);
        await SampleApplication.IsSignedInAsync(ada, stage, "Ada Lovelace");

        // Its three seconds never pass.
        await ada.Page.Clock.InstallAsync();
        await ada.Page.Clock.PauseAtAsync(stage.Time.GetUtcNow().AddHours(1).UtcDateTime);
        await ada.GoAsync(new Uri(stage.Provider.Origin, "/logout"));
        await ada.Page.Locator("main form button").First.ClickAsync();

        await ada.SeesHeadingAsync("You are signed out");
        await stage.Provider.DrainAsync();
        await SampleApplication.IsSignedOutAsync(ada, stage);
    }

    [Fact]
    public async Task Who_is_signed_in_already_goes_straight_through()
    {
        await using var stage = await StartAsync();
        var ada = await stage.EnterAsync();

        await ada.GoAsync("/login");
        await Portal.SignInAsync(ada, Ada, ProviderFixture.GoodPassword);
        await Expect(ada.Page).ToHaveURLAsync(new Uri(stage.Provider.Origin, "/account").ToString());
        await SampleApplication.AskForSignInAsync(ada, stage);

        await SampleApplication.IsSignedInAsync(ada, stage, "Ada Lovelace");
    }

    [Fact]
    public async Task A_wrong_password_is_said_so_at_the_top_and_what_was_typed_is_kept()
    {
        await using var stage = await StartAsync();
        var ada = await stage.EnterAsync();
        await ada.GoAsync("/login");

        await Portal.SignInAsync(ada, Ada, "not the password at all");

        await Expect(ada.Page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
        await Expect(ada.Page.GetByLabel("Email", new() { Exact = true })).ToHaveValueAsync(Ada);
        await Expect(ada.Page.GetByLabel("Password", new() { Exact = true })).ToHaveValueAsync("");
        await ada.CheckAsync("sign-in-refused");
        await Portal.SignInAsync(ada, Ada, ProviderFixture.GoodPassword);
        await Expect(ada.Page).ToHaveURLAsync(new Uri(stage.Provider.Origin, "/account").ToString());
    }

    [Fact]
    public async Task Refreshing_tokens_works_until_the_sessions_are_ended()
    {
        await using var stage = await StartAsync();
        var ada = await stage.EnterAsync();
        await SampleApplication.AskForSignInAsync(ada, stage);
        await Portal.SignInAsync(ada, Ada, ProviderFixture.GoodPassword);

        await ada.PressAsync("Refresh tokens");

        await ada.SeesAsync("The tokens are fresh.");
    }

    [Fact]
    public async Task With_the_keyboard_alone()
    {
        await using var stage = await StartAsync();
        var ada = await stage.EnterAsync();
        await ada.GoAsync("/login");

        await Keyboard.GoToAsync(ada, ada.Page.GetByLabel("Email", new() { Exact = true }));
        await ada.Page.Keyboard.TypeAsync(Ada);
        await Keyboard.GoToAsync(ada, ada.Page.GetByLabel("Password", new() { Exact = true }));
        await ada.Page.Keyboard.TypeAsync(ProviderFixture.GoodPassword);
        await ada.Page.Keyboard.PressAsync("Enter");

        await Expect(ada.Page).ToHaveURLAsync(new Uri(stage.Provider.Origin, "/account").ToString());
    }

    [Fact]
    public async Task The_first_tab_offers_to_skip_to_the_content()
    {
        await using var stage = await StartAsync();
        var ada = await stage.EnterAsync();
        await ada.GoAsync("/supported-browsers");

        await ada.Page.Keyboard.PressAsync("Tab");

        await Expect(ada.Page.GetByRole(AriaRole.Link, new() { Name = "Skip to content" })).ToBeFocusedAsync();
    }

    [Fact]
    public async Task Without_javascript()
    {
        await using var stage = await StartAsync();
        var ada = await stage.EnterAsync(new() { JavaScriptEnabled = false });

        await SampleApplication.AskForSignInAsync(ada, stage);
        await ada.CheckAsync("sign-in-without-javascript");
        await Portal.SignInAsync(ada, Ada, ProviderFixture.GoodPassword);

        await SampleApplication.IsSignedInAsync(ada, stage, "Ada Lovelace");
    }

    [Fact]
    public async Task On_the_narrowest_screen()
    {
        await using var stage = await StartAsync();
        var ada = await stage.EnterAsync(
            new()
            {
                ViewportSize = new() { Width = 320, Height = 568 },
                HasTouch = true,
            }
        );

        await SampleApplication.AskForSignInAsync(ada, stage);
        await ada.CheckAsync("sign-in-narrow");
        await Portal.SignInAsync(ada, Ada, ProviderFixture.GoodPassword);

        await SampleApplication.IsSignedInAsync(ada, stage, "Ada Lovelace");
    }

    [Fact]
    public async Task The_password_can_be_shown_and_hidden()
    {
        await using var stage = await StartAsync();
        var ada = await stage.EnterAsync();
        await ada.GoAsync("/login");
        await ada.FillAsync("Password", "what I type");
        var field = ada.Page.GetByLabel("Password", new() { Exact = true });

        await ada.Page.GetByRole(AriaRole.Button, new() { Name = "Show" }).ClickAsync();
        await Expect(field).ToHaveAttributeAsync("type", "text");
        await ada.Page.GetByRole(AriaRole.Button, new() { Name = "Hide" }).ClickAsync();
        await Expect(field).ToHaveAttributeAsync("type", "password");
    }

    private async Task<Stage> StartAsync()
    {
        var stage = await Stage.StartAsync(chromium);
        await stage.Provider.CreateAccountAsync(Ada, with: a => a.DisplayName = "Ada Lovelace");
        return stage;
    }
}
