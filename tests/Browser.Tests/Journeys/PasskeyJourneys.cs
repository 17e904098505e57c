using Browser.Tests.Pages;
using Browser.Tests.Support;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Factors.Passkeys;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Tests.Support;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Browser.Tests.Journeys;

/// <summary>Passkeys, with the browser's own authenticator.</summary>
public sealed class PasskeyJourneys(Chromium chromium) : Journey
{
    private const string Ada = "ada@example.test";
    private const string Manage = "/account/security/passkeys";

    [Theory]
    [InlineData("en-GB", 1280, Traits = ["soak", "only"])]
    [InlineData("en-GB", 320)]
    public async Task Somebody_adds_a_passkey_renames_it_signs_in_with_it_and_removes_it(string locale, int width)
    {
        await using var stage = await StartAsync();
        var ada = await EnterAsync(stage, locale, width);
        var device = await VirtualAuthenticator.PlugInAsync(ada);
        await SignInAsync(stage, ada);

        await ada.GoAsync(Manage);
        await ada.SeesAsync("No passkeys yet");
        await ada.CheckAsync("passkeys-none");
        await ada.FillAsync("Name", "Laptop");
        await ada.PressAsync("Create a passkey");
        await ada.SeesAsync("The passkey ‘Laptop’ is added.");
        await ada.SeesAsync("On one device only");
        await ada.CheckAsync("passkeys-one");

        await ada.Page.GetByRole(AriaRole.Link, new() { Name = "Rename" }).ClickAsync();
        var dialog = ada.Page.GetByRole(AriaRole.Dialog);
        await Expect(dialog.GetByLabel("Name")).ToBeFocusedAsync();
        await dialog.GetByLabel("Name").FillAsync("Work laptop");
        await ada.CheckAsync("passkeys-rename");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await ada.SeesAsync("The passkey has its new name.");

        await ada.Context.ClearCookiesAsync();
        await device.AnswerAsync(false);
        await ada.GoAsync("/login?returnUrl=%2Faccount%2Fsessions");
        await ada.CheckAsync("passkeys-sign-in");
        await device.AnswerAsync(true);
        await ada.PressAsync("Sign in with a passkey");
        await ada.SeesHeadingAsync("Where you are signed in");

        await ada.GoAsync(Manage);
        await ada.Page.GetByRole(AriaRole.Link, new() { Name = "Remove" }).ClickAsync();
        await ada.SeesAsync("It no longer signs you in");
        await ada.CheckAsync("passkeys-remove");
        await ada.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Remove" }).ClickAsync();
        await ada.SeesAsync("No passkeys yet");

        // The device is told, and shows it no more.
        await device.GivesUpAsync();
        Assert.Equal(0, await device.CountAsync());
    }

    [Fact]
    public async Task One_that_an_administrator_has_removed_meanwhile_is_refused_in_words()
    {
        await using var stage = await Stage.StartAsync(chromium);
        var account = await stage.Provider.CreateAccountAsync(Ada);
        var ada = await EnterAsync(stage);
        await VirtualAuthenticator.PlugInAsync(ada);
        await SignInAsync(stage, ada);
        await AddAsync(ada);
        await stage.Provider.InScopeAsync(p =>
            p.GetRequiredService<IPasskeys>().RemoveAllAsync(account.Id, TestContext.Current.CancellationToken)
        );

        // Where nothing is asked before the button is pressed.
        await ada.Context.ClearCookiesAsync();
        await ada.GoAsync("/login/passkey");
        await ada.PressAsync("Sign in with a passkey");
        await ada.SeesAsync("The passkey was not accepted.");
        await ada.CheckAsync("passkeys-refused");
    }

    [Fact]
    public async Task Browsers_offer_the_passkey_in_the_address_field()
    {
        await using var stage = await StartAsync();
        var ada = await EnterAsync(stage);
        await VirtualAuthenticator.PlugInAsync(ada, synced: true);
        await SignInAsync(stage, ada);
        await AddAsync(ada);
        await ada.SeesAsync("Synced to your devices");
        await ada.CheckAsync("passkeys-synced");

        await ada.Context.ClearCookiesAsync();
        await ada.GoAsync("/login");

        // The authenticator chooses at once, as somebody does in the browser's own list.
        await Expect(ada.Page).ToHaveURLAsync(new Uri(stage.Provider.Origin, "/account").ToString());
    }

    [Fact]
    public async Task What_goes_wrong_is_told_beside_the_button()
    {
        await using var stage = await StartAsync();
        var ada = await EnterAsync(stage);
        var device = await VirtualAuthenticator.PlugInAsync(ada);
        await SignInAsync(stage, ada);
        await AddAsync(ada);

        await ada.PressAsync("Create a passkey");
        await ada.SeesAsync("This device has a passkey of this account already.");

        await ada.Context.ClearCookiesAsync();
        await device.VerifyAsync(false);
        await ada.GoAsync("/login");
        await ada.PressAsync("Sign in with a passkey");
        await ada.SeesAsync("Nothing was sent");
        await ada.CheckAsync("passkeys-cancelled");
    }

    [Fact]
    public async Task A_security_key_is_shown_as_one()
    {
        await using var stage = await StartAsync();
        var ada = await EnterAsync(stage);
        await VirtualAuthenticator.PlugInAsync(ada, "usb");
        await SignInAsync(stage, ada);

        await AddAsync(ada);

        await ada.SeesAsync("On a security key");
    }

    [Fact]
    public async Task A_key_that_finds_no_passkeys_by_itself_is_the_second_step_and_never_the_first()
    {
        await using var stage = await StartAsync();
        var ada = await EnterAsync(stage);
        await VirtualAuthenticator.PlugInAsync(ada, "usb", discoverable: false);
        await SignInAsync(stage, ada);
        await AddAsync(ada);

        await ada.Context.ClearCookiesAsync();
        await ada.GoAsync("/login");
        await ada.PressAsync("Sign in with a passkey");
        await ada.SeesAsync("Nothing was sent");
        await Portal.SignInAsync(ada, Ada, ProviderFixture.GoodPassword);
        await ada.Page.WaitForURLAsync("**/login/factor**");
        await ada.PressAsync("Use a passkey");

        await ada.Page.WaitForURLAsync("**/account");
    }

    [Fact]
    public async Task A_key_without_PIN_or_fingerprint_is_not_taken()
    {
        await using var stage = await StartAsync();
        var ada = await EnterAsync(stage);
        await VirtualAuthenticator.PlugInAsync(ada, "usb", verifies: false);
        await SignInAsync(stage, ada);

        await ada.GoAsync(Manage);
        await ada.PressAsync("Create a passkey");

        await ada.SeesAsync("Nothing was sent");
        await ada.SeesAsync("No passkeys yet");
    }

    [Fact]
    public async Task A_second_device_signs_in_where_the_first_one_is_lost()
    {
        await using var stage = await StartAsync();
        var ada = await EnterAsync(stage);
        var laptop = await VirtualAuthenticator.PlugInAsync(ada);
        await SignInAsync(stage, ada);
        await AddAsync(ada);
        await laptop.UnplugAsync();
        var key = await VirtualAuthenticator.PlugInAsync(ada, "usb");
        await ada.GoAsync(Manage);
        await ada.PressAsync("Create a passkey");
        await Expect(ada.Page.GetByRole(AriaRole.Listitem)).ToHaveCountAsync(2);
        await ada.SeesAsync("On a security key");

        await ada.Context.ClearCookiesAsync();
        await ada.GoAsync("/login/passkey");
        await ada.PressAsync("Sign in with a passkey");
        await ada.Page.WaitForURLAsync("**/account");

        // What is lost is removed; the key that is at hand stays, here and on itself.
        await ada.GoAsync(Manage);
        await ada.Page.GetByRole(AriaRole.Link, new() { Name = "Remove" }).First.ClickAsync();
        await ada.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Remove" }).ClickAsync();
        await ada.SeesAsync("The passkey is removed.");
        await Expect(ada.Page.GetByRole(AriaRole.Main).GetByRole(AriaRole.Listitem)).ToHaveCountAsync(1);
        Assert.Equal(1, await key.CountAsync());
    }

    [Fact]
    public async Task After_the_password_a_passkey_is_the_second_step()
    {
        await using var stage = await StartAsync();
        var ada = await EnterAsync(stage);
        var device = await VirtualAuthenticator.PlugInAsync(ada);
        await SignInAsync(stage, ada);
        await AddAsync(ada);

        await ada.Context.ClearCookiesAsync();
        await device.AnswerAsync(false);
        await ada.GoAsync("/login");
        await Portal.SignInAsync(ada, Ada, ProviderFixture.GoodPassword);
        await ada.Page.WaitForURLAsync("**/login/factor**");
        await ada.CheckAsync("passkeys-second-step");
        await device.AnswerAsync(true);
        await ada.PressAsync("Use a passkey");

        await ada.Page.WaitForURLAsync("**/account");
    }

    [Fact]
    public async Task A_reset_takes_a_passkey_as_the_second_factor()
    {
        await using var stage = await StartAsync();
        var ada = await EnterAsync(stage);
        await VirtualAuthenticator.PlugInAsync(ada);
        await SignInAsync(stage, ada);
        await AddAsync(ada);
        await ada.Context.ClearCookiesAsync();
        await ada.GoAsync("/reset/user");
        await ada.FillAsync("Email", Ada);
        await ada.PressAsync("Send Reset Request");
        await ada.Page.WaitForURLAsync("**/reset/sent**");
        await stage.Provider.DrainAsync();

        await ada.GoAsync(stage.Provider.Mails.Last<RecoveryMail.PasswordResetLink>().Link);
        await ada.CheckAsync("gate-passkey");
        await ada.PressAsync("Use a passkey");
        await ada.SeesHeadingAsync("Choose a new password");
        await Portal.ChoosePasswordAsync(ada, ProviderFixture.BetterPassword);

        await ada.Page.WaitForURLAsync("**/reset/done**");
    }

    [Fact]
    public async Task Without_javascript_nothing_is_offered_that_does_not_work()
    {
        await using var stage = await StartAsync();
        var ada = await stage.EnterAsync(new() { JavaScriptEnabled = false });

        await ada.GoAsync("/login");

        await Expect(ada.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in with a passkey" }))
            .Not.ToBeVisibleAsync();
        await SignInAsync(stage, ada);
        await ada.GoAsync(Manage);
        await ada.SeesAsync("Passkeys need JavaScript");
        await ada.CheckAsync("passkeys-without-script");
    }

    [Fact]
    public async Task It_is_all_there_in_german()
    {
        await using var stage = await StartAsync();
        var ada = await EnterAsync(stage, "de-DE", 320);
        await VirtualAuthenticator.PlugInAsync(ada);
        await ada.GoAsync("/login");
        await ada.FillAsync("E-Mail", Ada);
        await ada.FillAsync("Passwort", ProviderFixture.GoodPassword);
        await ada.PressAsync("Anmelden");
        await ada.Page.WaitForURLAsync("**/account");

        await ada.GoAsync(Manage);
        await ada.PressAsync("Passkey anlegen");
        await ada.SeesAsync("Nur auf einem Gerät");

        // As an authenticator does that says what it is.
        await stage.Provider.InScopeAsync(p =>
            p.GetRequiredService<IdpDbContext>()
                .Set<PasskeyDetail>()
                .ExecuteUpdateAsync(
                    set => set.SetProperty(d => d.Aaguid, Guid.Parse("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4")),
                    TestContext.Current.CancellationToken
                )
        );
        await ada.GoAsync("/account/prove?need=passkey&returnUrl=" + Uri.EscapeDataString(Manage));
        await ada.PressAsync("Einen Passkey benutzen");
        await ada.SeesAsync("Google Password Manager");
        await ada.SeesAsync("zuletzt");
        await ada.CheckAsync("passkeys-one");
    }

    private async Task<Stage> StartAsync()
    {
        var stage = await Stage.StartAsync(chromium);
        await stage.Provider.CreateAccountAsync(Ada, with: a => a.DisplayName = "Ada Lovelace");
        return stage;
    }

    private static Task<Person> EnterAsync(Stage stage, string locale = "en-GB", int width = 1280) =>
        stage.EnterAsync(
            new()
            {
                Locale = locale,
                ViewportSize = new() { Width = width, Height = 800 },
            }
        );

    private static async Task SignInAsync(Stage stage, Person person)
    {
        await person.GoAsync("/login");
        await Portal.SignInAsync(person, Ada, ProviderFixture.GoodPassword);
        await Expect(person.Page).ToHaveURLAsync(new Uri(stage.Provider.Origin, "/account").ToString());
    }

    private static async Task AddAsync(Person person)
    {
        await person.GoAsync(Manage);
        await person.PressAsync("Create a passkey");
        await Expect(person.Page.GetByRole(AriaRole.Listitem).GetByText("Added")).ToBeVisibleAsync();
    }
}
