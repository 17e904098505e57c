using Browser.Tests.Pages;
using Browser.Tests.Support;
using IdP.Recovery.Ports;
using Microsoft.Playwright;
using Tests.Support;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Browser.Tests.Journeys;

/// <summary>A second address, and what it is good for when the first mailbox is lost.</summary>
public sealed class AddressJourneys(Chromium chromium) : Journey
{
    private const string Ada = "ada@example.test";
    private const string Second = "ada.lovelace.at.home@a-rather-long-provider-name.example.test";

    [Theory]
    [InlineData(1280, Traits = ["soak", "only"])]
    [InlineData(320)]
    public async Task Somebody_adds_an_address_and_gets_back_in_with_it_when_the_first_mailbox_is_lost(int width)
    {
        await using var stage = await Stage.StartAsync(chromium);
        await stage.Provider.CreateAccountAsync(Ada, with: a => a.DisplayName = "Ada Lovelace");
        var ada = await stage.EnterAsync(
            new()
            {
                Locale = "en-GB",
                ViewportSize = new() { Width = width, Height = 800 },
            }
        );
        await ada.GoAsync("/login");
        await Portal.SignInAsync(ada, Ada, ProviderFixture.GoodPassword);
        await Expect(ada.Page).ToHaveURLAsync(new Uri(stage.Provider.Origin, "/account").ToString());

        await ada.FollowAsync("Addresses");
        await ada.FillAsync("E-mail address", Second);
        await ada.PressAsync("Send a code");
        await ada.SeesAsync("Waits for its code");
        await ada.CheckAsync("address-code");
        await stage.Provider.DrainAsync();
        await ada.FillAsync("Code from the mail", "12");
        await ada.PressAsync("Confirm");
        await ada.SeesAsync("This code is wrong or no longer works");
        await ada.CheckAsync("address-code-refused");
        await ada.FillAsync(
            "Code from the mail",
            stage.Provider.Mails.Last<RecoveryMail.AddressCode>().Code.Insert(3, " ")
        );
        await ada.PressAsync("Confirm");
        await ada.SeesAsync($"{Second} now counts");
        await ada.CheckAsync("addresses");

        // The first mailbox is lost: the second one brings the new password, and then becomes the first.
        await ada.Context.ClearCookiesAsync();
        await ada.GoAsync("/login");
        await Portal.User.RequestResetAsync(ada, Second);
        await stage.Provider.DrainAsync();
        await ada.GoAsync(stage.Provider.Mails.Last<RecoveryMail.PasswordResetLink>().Link);
        await Portal.ChoosePasswordAsync(ada, ProviderFixture.BetterPassword);
        await ada.GoAsync("/login");
        await Portal.SignInAsync(ada, Ada, ProviderFixture.BetterPassword);
        await ada.FollowAsync("Addresses");
        await ChangeAsync(ada, Second);
        await ada.CheckAsync("address");
        await ada.PressAsync("Make it the primary address");
        await ada.SeesAsync($"You sign in with {Second} from now on");
        await ChangeAsync(ada, Ada);
        await ada.PressAsync("Remove it");
        await ada.SeesAsync($"{Ada} was removed");

        await stage.Provider.DrainAsync();
        Assert.Contains(
            stage.Provider.Mails.Sent,
            m => m.Mail is RecoveryMail.AddressChanged { Change: AddressChange.Removed } && m.Mail.To.Address == Ada
        );
        await ada.Context.ClearCookiesAsync();
        await ada.GoAsync("/login");
        await Portal.SignInAsync(ada, Second, ProviderFixture.BetterPassword);
        await Expect(ada.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToBeVisibleAsync();
        await Expect(ada.Page).ToHaveURLAsync(new Uri(stage.Provider.Origin, "/account").ToString());
    }

    private static Task ChangeAsync(Person person, string address) =>
        person
            .Page.GetByRole(AriaRole.Listitem)
            .Filter(new() { HasText = address })
            .GetByRole(AriaRole.Link)
            .ClickAsync();
}
