using Browser.Tests.Pages;
using Browser.Tests.Support;
using IdP.Recovery.Ports;
using Microsoft.Playwright;
using Tests.Support;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Browser.Tests.Journeys;

/// <summary>A new password at the services that follow, as an administrator and as the person see it.</summary>
public sealed class EndpointJourneys(Chromium chromium) : Journey
{
    private const string Ada = "ada@example.test";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_administrator_makes_a_directory_an_endpoint_and_a_person_sees_the_new_password_arrive()
    {
        await using var services = await ForeignServices.StartAsync();
        await services.CreateUserAsync(Ada, Cancelled);
        await using var stage = await StartAsync();
        await stage.Provider.CreateAccountAsync(Ada, with: a => a.DisplayName = "Ada Lovelace");
        var root = await stage.EnterConsoleAsync();

        // What cannot be is told by its field, and nothing that was filled in is lost.
        await root.FollowAsync("Endpoints");
        await root.Page.GetByText("New endpoint").ClickAsync();
        await root.FollowAsync("SCIM 2.0");
        await root.FillAsync("Name", "Directory of Berlin");
        await root.FillAsync("Address", "http://directory.example.com/");
        await root.FillAsync("Token", ForeignServices.Token);
        await root.PressAsync("Save");
        await root.SeesAsync("An encrypted address in a network that may be reached from here.");
        await Expect(root.Page.GetByLabel("Name", new() { Exact = true })).ToHaveValueAsync("Directory of Berlin");
        await root.CheckAsync("endpoint-wrong");
        await root.FillAsync("Address", services.Scim.ToString());
        await root.FillAsync("Token", ForeignServices.Token);
        await root.Page.GetByLabel("Send new passwords there").CheckAsync();
        await root.PressAsync("Save");
        await root.SeesHeadingAsync("Directory of Berlin");
        await root.PressAsync("Test this endpoint");
        await root.SeesAsync("It answers, and takes our credentials.");

        await root.FillAsync("A person, by address", "nobody@example.test");
        await root.PressAsync("Bind");
        await root.SeesAsync("No account has this address.");
        await root.FillAsync("A person, by address", Ada);
        await root.PressAsync("Bind");
        await root.SeesAsync("Ada Lovelace");
        await root.CheckAsync("endpoint");

        // The person sees it arrive without loading the page again.
        var person = await stage.EnterAsync();
        await ResetAsync(stage, person);
        await person.SeesAsync("Your new password is in effect at 0 of 1 services");
        await person.SeesAsync("On its way");
        await stage.Provider.DrainAsync();
        await person.SeesAsync("Your new password is in effect at 1 of 1 services");
        await person.CheckAsync("reset-done-services-done");
        Assert.Equal(
            ProviderFixture.BetterPassword,
            (await services.SeenAsync(Cancelled)).GetProperty("passwords").GetProperty(Ada).GetString()
        );

        // And in the portal.
        await person.FollowAsync("Sign in");
        await Portal.SignInAsync(person, Ada, ProviderFixture.BetterPassword);
        await person.FollowAsync("Services");
        await person.SeesAsync("Directory of Berlin");
        await person.SeesAsync("Told");
        await person.CheckAsync("account-services");

        // So does the administrator, at the person and at the endpoint.
        await root.Page.ReloadAsync();
        await root.SeesAsync("Told");
        await root.FollowAsync("Users");
        await root.FollowAsync("Ada Lovelace");
        await root.SeesAsync("Directory of Berlin");
    }

    [Fact]
    public async Task What_fails_is_told_by_mail_seen_in_words_and_sent_again()
    {
        await using var services = await ForeignServices.StartAsync();
        await using var stage = await StartAsync();
        await stage.Provider.CreateAccountAsync(Ada);
        var root = await stage.EnterConsoleAsync();
        await root.GoAsync("/admin/endpoints/new/scim");
        await root.FillAsync("Name", "Directory of Berlin");
        await root.FillAsync("Address", services.Scim.ToString());
        await root.FillAsync("Token", ForeignServices.Token);
        await root.PressAsync("Save");
        await root.FillAsync("A person, by address", Ada);
        await root.PressAsync("Bind");

        var person = await stage.EnterAsync(new() { JavaScriptEnabled = false });
        await ResetAsync(stage, person);
        await stage.Provider.DrainAsync();
        await person.Page.ReloadAsync();
        await person.SeesAsync("It has not taken it. Your administrator sees why.");
        stage.Time.Advance(TimeSpan.FromMinutes(10));
        await stage.Provider.DrainAsync();
        var mail = stage.Provider.Mails.Last<RecoveryMail.ServicesBehind>();
        Assert.Equal((Ada, "Directory of Berlin"), (mail.To.Address, Assert.Single(mail.Failed)));

        await root.GoAsync("/admin/endpoints");
        await root.SeesAsync("It knows no such account");
        await root.CheckAsync("endpoints-failing");
        await root.FollowAsync("Directory of Berlin");
        await services.CreateUserAsync(Ada, Cancelled);
        await root.PressAsync("Send all again");
        await root.SeesAsync("It is sent again now.");
        await stage.Provider.DrainAsync();
        await root.Page.ReloadAsync();
        await root.SeesAsync("In effect");

        // Whoever changes where passwords go proves who they are. Its secret is not shown, and stays.
        await root.FollowAsync("Change");
        await root.SeesHeadingAsync("Confirm that it is you");
        await root.FillAsync("Password", ProviderFixture.GoodPassword);
        await root.PressAsync("Continue");
        await Expect(root.Page.GetByLabel("Token", new() { Exact = true })).ToBeEmptyAsync();
        await root.FillAsync("Name", "Directory of Bonn");
        await root.CheckAsync("endpoint-edit");
        await root.PressAsync("Save");
        await root.SeesHeadingAsync("Directory of Bonn");
        await root.PressAsync("Test this endpoint");
        await root.SeesAsync("It answers, and takes our credentials.");

        // What is paused waits; what is removed is gone, and asked about first.
        await root.PressAsync("Pause");
        await root.SeesAsync("Paused");
        await root.PressAsync("Go on");
        await root.FollowAsync("Remove");
        await root.CheckAsync("endpoint-remove");
        await root.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Remove" }).ClickAsync();
        await root.SeesAsync("The endpoint is removed.");
    }

    [Fact]
    public async Task A_reset_ends_the_session_of_an_application_at_each_of_its_nodes()
    {
        await using var stage = await Stage.StartAsync(chromium, sharedSample: true);
        await stage.Provider.CreateAccountAsync(Ada, with: a => a.DisplayName = "Ada Lovelace");
        var other = await stage.StartSampleAsync();
        var laptop = await stage.EnterAsync();
        await SampleApplication.AskForSignInAsync(laptop, stage);
        await Portal.SignInAsync(laptop, Ada, ProviderFixture.GoodPassword);
        await SampleApplication.IsSignedInAsync(laptop, stage, "Ada Lovelace");
        await laptop.GoAsync(other);
        await laptop.SeesHeadingAsync("Hello, Ada Lovelace");

        var phone = await stage.EnterAsync();
        await ResetAsync(stage, phone);
        await phone.SeesAsync("Your new password is in effect at 0 of 1 services");
        await stage.Provider.DrainAsync();
        await phone.SeesAsync("Your new password is in effect at 1 of 1 services");
        await phone.SeesAsync("Sample application");

        // One of them was told.
        await laptop.GoAsync(other);
        await laptop.SeesHeadingAsync("Sample application");
        await SampleApplication.IsSignedOutAsync(laptop, stage);
    }

    private Task<Stage> StartAsync() =>
        ConsoleStage.StartAsync(chromium, settings: ("AccountRecovery:Endpoints:AllowedNetworks:0", "127.0.0.0/8"));

    private static async Task ResetAsync(Stage stage, Person person)
    {
        await person.GoAsync("/login");
        await Portal.User.RequestResetAsync(person, Ada);
        await stage.Provider.DrainAsync();
        await person.GoAsync(stage.Provider.Mails.Last<RecoveryMail.PasswordResetLink>().Link);
        await Portal.ChoosePasswordAsync(person, ProviderFixture.BetterPassword);
        await person.SeesHeadingAsync("Your password is changed");
    }
}
