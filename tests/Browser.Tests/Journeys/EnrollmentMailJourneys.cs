using Browser.Tests.Pages;
using Browser.Tests.Support;
using IdP.Recovery.Ports;
using Microsoft.Playwright;
using Tests.Support;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Browser.Tests.Journeys;

/// <summary>Somebody follows the link of the mail that tells of their enrollment period.</summary>
public sealed class EnrollmentMailJourneys(Chromium chromium) : Journey
{
    private const string Ada = "ada@example.test";

    [Fact]
    public async Task The_mailed_link_leads_by_way_of_the_sign_in_to_the_second_factor()
    {
        await using var stage = await ConsoleStage.StartAsync(chromium);
        await stage.Provider.CreateAccountAsync(Ada, with: a => a.DisplayName = "Ada Lovelace");
        var root = await stage.EnterConsoleAsync();
        var link = await BeginPeriodAsync(stage, root);

        // It proves nothing by itself: whoever has it is asked who they are.
        Assert.Equal("", link.Query);
        var ada = await stage.EnterAsync();
        await ada.GoAsync(link);
        await ada.SeesHeadingAsync("Sign in");
        await Expect(ada.Page.Locator("#totp-key")).ToHaveCountAsync(0);
        await ada.CheckAsync("enrollment-mail-sign-in");

        await Portal.SignInAsync(ada, Ada, ProviderFixture.GoodPassword);
        await ada.SeesHeadingAsync("Set up a second factor");
        await ada.SeesAsync("Sign-in works without it until");
        var phone = new Authenticator((await ada.Page.Locator("#totp-key").TextContentAsync())!);
        await ada.FillAsync("Code", phone.CodeAt(stage.Time.GetUtcNow()));
        await ada.PressAsync("Confirm");

        // Set up once is set up: nobody is asked for a second app.
        await ada.SeesAsync("your authenticator app is set up");
        await ada.SeesHeadingAsync("Security");
        await ada.CheckAsync("enrollment-mail-done");

        // The link goes on to be good, and to prove nothing.
        var again = await stage.EnterAsync();
        await again.GoAsync(link);
        await Portal.SignInAsync(again, Ada, ProviderFixture.GoodPassword);
        await again.SeesHeadingAsync("Show your second factor");
        await again.FillAsync("Code", stage.NextCode(phone));
        await again.PressAsync("Continue");
        await again.SeesHeadingAsync("Security");
    }

    [Fact]
    public async Task Whoever_puts_it_off_finds_both_kinds_of_factor_behind_the_link()
    {
        await using var stage = await ConsoleStage.StartAsync(chromium);
        await stage.Provider.CreateAccountAsync(Ada);
        var root = await stage.EnterConsoleAsync();
        var link = await BeginPeriodAsync(stage, root);
        var ada = await stage.EnterAsync();
        await ada.GoAsync(link);
        await Portal.SignInAsync(ada, Ada, ProviderFixture.GoodPassword);
        await ada.PressAsync("Later");

        await ada.SeesHeadingAsync("Security");
        await Expect(ada.Page.GetByRole(AriaRole.Link, new() { Name = "Add an app" })).ToBeVisibleAsync();
        await Expect(ada.Page.GetByRole(AriaRole.Link, new() { Name = "Manage passkeys" })).ToBeVisibleAsync();
    }

    private static async Task<Uri> BeginPeriodAsync(Stage stage, Person root)
    {
        await root.GoAsync("/admin/users?q=ada");
        await root.Page.Locator(".table-menu summary").ClickAsync();
        await root.Page.GetByRole(AriaRole.Link, new() { Name = "Extend enrollment" }).ClickAsync();
        var dialog = root.Page.GetByRole(AriaRole.Dialog, new() { Name = "Extend the enrollment period" });
        await dialog.GetByLabel("Enrollment period in days").FillAsync("14");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Extend enrollment" }).ClickAsync();
        await root.SeesAsync("was extended.");
        await stage.Provider.DrainAsync();
        var mail = stage.Provider.Mails.Last<RecoveryMail.Enrollment>();
        Assert.Equal((Ada, EnrollmentNews.Started), (mail.To.Address, mail.News));
        return mail.EnrollLink;
    }
}
