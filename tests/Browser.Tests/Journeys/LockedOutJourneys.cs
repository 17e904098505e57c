using Browser.Tests.Pages;
using Browser.Tests.Support;
using IdP.Recovery.Ports;
using Microsoft.Playwright;
using Tests.Support;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Browser.Tests.Journeys;

/// <summary>Somebody guesses, and the owner signs in all the same, waits, or chooses a new password.</summary>
public sealed class LockedOutJourneys(Chromium chromium) : Journey
{
    private const string Ada = "ada@example.test";

    [Fact]
    public async Task In_german_on_the_narrowest_screen_the_mailed_link_unlocks()
    {
        await using var stage = await Stage.StartAsync(chromium);
        await stage.Provider.CreateAccountAsync("konrad@example.test", with: a => a.Locale = "de");
        var konrad = await stage.EnterAsync(
            new()
            {
                Locale = "de-DE",
                ViewportSize = new() { Width = 320, Height = 800 },
            }
        );
        for (var i = 0; i < 5; i++)
        {
            await konrad.GoAsync("/login");
            await konrad.FillAsync("E-Mail", "konrad@example.test");
            await konrad.FillAsync("Passwort", "ganz und gar nicht dieses");
            await konrad.PressAsync("Anmelden");
            await konrad.SeesAsync("gesperrt");
        }

        await stage.Provider.DrainAsync();
        await konrad.GoAsync(stage.Provider.Mails.Last<RecoveryMail.AccountLocked>().UnlockLink!);
        await konrad.SeesHeadingAsync("Konto entsperren");
        await konrad.CheckAsync("unlock");
        await konrad.PressAsync("Konto entsperren");
        await konrad.SeesHeadingAsync("Das Konto ist entsperrt");
        await konrad.CheckAsync("unlock-done");

        await konrad.FollowAsync("Anmelden");
        await konrad.FillAsync("E-Mail", "konrad@example.test");
        await konrad.FillAsync("Passwort", ProviderFixture.GoodPassword);
        await konrad.PressAsync("Anmelden");
        await konrad.Page.WaitForURLAsync("**/account");
    }

    [Fact]
    public async Task The_owner_signs_in_where_a_stranger_has_locked_all_others_out_and_sees_what_happened()
    {
        await using var stage = await Stage.StartAsync(chromium);
        await stage.Provider.CreateAccountAsync(Ada, with: a => a.DisplayName = "Ada Lovelace");
        var ada = await stage.EnterAsync();
        await SignInAsync(ada);
        var stranger = await stage.EnterAsync();
        await GuessAsync(stranger);
        await Portal.SignInAsync(stranger, Ada, ProviderFixture.GoodPassword);
        await Expect(stranger.Page.GetByLabel("Password", new() { Exact = true })).ToBeVisibleAsync();

        await ada.PressAsync("Sign out");
        await SignInAsync(ada);
        await ada.FollowAsync("Recent activity");
        await ada.SeesHeadingAsync("Recent security activity");
        await ada.SeesAsync("Sign-in was locked after repeated failures");
        await ada.SeesAsync("You signed in from a new browser");
        await ada.CheckAsync("activity");

        await ada.Page.GetByRole(AriaRole.Link, new() { Name = "This was not me" }).First.ClickAsync();
        await ada.SeesHeadingAsync("This was not you?");
        await ada.CheckAsync("activity-not-me");
        await ada.PressAsync("Lock the account");
        await ada.SeesHeadingAsync("The account is locked");
        await ada.CheckAsync("activity-locked");
        await stage.Provider.DrainAsync();
        await ada.GoAsync("/account");
        await Expect(ada.Page.GetByLabel("Password", new() { Exact = true })).ToBeVisibleAsync();
        await ada.GoAsync(stage.Provider.Mails.Last<RecoveryMail.PasswordResetLink>().Link);
        await Portal.ChoosePasswordAsync(ada, ProviderFixture.BetterPassword);
        await ada.GoAsync("/login");
        await Portal.SignInAsync(ada, Ada, ProviderFixture.BetterPassword);
        await Expect(ada.Page).ToHaveURLAsync(new Uri(stage.Provider.Origin, "/account").ToString());
    }

    [Fact]
    public async Task Somebody_locked_out_waits_or_chooses_a_new_password()
    {
        await using var stage = await Stage.StartAsync(chromium);
        await stage.Provider.CreateAccountAsync(Ada);
        var ada = await stage.EnterAsync();
        await GuessAsync(ada);
        stage.Time.Advance(TimeSpan.FromMinutes(15));
        await SignInAsync(ada);

        var elsewhere = await stage.EnterAsync();
        await GuessAsync(elsewhere);
        await elsewhere.FollowAsync("Reset User Password");
        await elsewhere.FillAsync("Email", Ada);
        await elsewhere.PressAsync("Send Reset Request");
        await elsewhere.SeesHeadingAsync("Check your mail");
        await stage.Provider.DrainAsync();
        await elsewhere.GoAsync(stage.Provider.Mails.Last<RecoveryMail.PasswordResetLink>().Link);
        await Portal.ChoosePasswordAsync(elsewhere, ProviderFixture.BetterPassword);
        await elsewhere.GoAsync("/login");
        await Portal.SignInAsync(elsewhere, Ada, ProviderFixture.BetterPassword);
        await Expect(elsewhere.Page).ToHaveURLAsync(new Uri(stage.Provider.Origin, "/account").ToString());
    }

    private static async Task SignInAsync(Person person)
    {
        await person.GoAsync("/login");
        await Portal.SignInAsync(person, Ada, ProviderFixture.GoodPassword);
        await person.Page.WaitForURLAsync("**/account");
    }

    private static async Task GuessAsync(Person person)
    {
        await person.GoAsync("/login");
        for (var i = 0; i < 5; i++)
        {
            await Portal.SignInAsync(person, Ada, "not the password at all");
            await Expect(person.Page.GetByRole(AriaRole.Alert).First).ToBeVisibleAsync();
        }
    }
}
