using Browser.Tests.Pages;
using Browser.Tests.Support;
using IdP.Recovery.Console;
using IdP.Recovery.Ports;
using Microsoft.Playwright;
using Tests.Support;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Browser.Tests.Journeys;

/// <summary>Somebody of the help desk gets people back into their accounts, and gets no further.</summary>
public sealed class HelpDeskJourneys(Chromium chromium) : Journey
{
    private const string Ada = "ada@example.test";
    private const string Desk = "desk@example.test";

    [Fact]
    public async Task The_help_desk_sees_people_and_nothing_of_the_system()
    {
        await using var stage = await ConsoleStage.StartAsync(chromium);
        var account = await stage.Provider.CreateAccountAsync(Ada);
        var desk = await EnterAsync(stage);

        await desk.SeesHeadingAsync("Users");
        await Expect(desk.Page.GetByRole(AriaRole.Navigation, new() { Name = "Main" }).GetByRole(AriaRole.Link))
            .ToHaveTextAsync(["Users"]);
        await desk.CheckAsync("help-desk-users");
        foreach (
            var page in new[]
            {
                "policies",
                "applications",
                "applications/journeys",
                "administrators",
                "administrators/roles",
                "approvals",
                "audit",
                "mail",
                "users/suspend",
                "users/extend",
            }
        )
        {
            var answer = await desk.Page.GotoAsync("/admin/" + page);
            Assert.Equal((page, 403), (page, answer!.Status));
        }

        // The scheduler's own pages ask for an administrator to sign in.
        await desk.GoAsync("/admin/jobs");
        await Expect(desk.Page.GetByLabel("Password", new() { Exact = true })).ToBeVisibleAsync();
        await Expect(desk.Page.GetByText("Overview")).ToHaveCountAsync(0);

        await desk.GoAsync("/admin/users/" + account.Id);
        await desk.Page.Locator("summary", new() { HasText = "more actions" }).ClickAsync();
        await Expect(desk.Page.Locator(".title-line").GetByRole(AriaRole.Link))
            .ToHaveTextAsync(["Reset MFA", "Unlock", "Send password reset"]);
        await desk.CheckAsync("help-desk-user");
    }

    [Fact]
    public async Task Somebody_whom_the_help_desk_unlocks_signs_in_with_the_same_password()
    {
        await using var stage = await ConsoleStage.StartAsync(chromium);
        await stage.Provider.CreateAccountAsync(Ada);
        var ada = await stage.EnterAsync();
        for (var i = 0; i < 5; i++)
        {
            await ada.GoAsync("/login");
            await Portal.SignInAsync(ada, Ada, "not the password at all");
            await ada.SeesAsync("or the account is locked for now");
        }

        await Portal.SignInAsync(ada, Ada, ProviderFixture.GoodPassword);
        await ada.SeesAsync("or the account is locked for now");

        var desk = await EnterAsync(stage);
        await desk.Page.GetByLabel("Account", new() { Exact = true }).SelectOptionAsync("Locked");
        await desk.SeesAsync("1 person");
        await Expect(UserList.Row(desk, Ada)).ToContainTextAsync("Not required");
        await UserList.ChooseAsync(desk, Ada, "Unlock");
        var dialog = desk.Page.GetByRole(AriaRole.Dialog, new() { Name = "Unlock these accounts?" });
        await Expect(dialog).ToContainTextAsync("The password stays as it is");
        await desk.CheckAsync("help-desk-unlock-dialog");
        await dialog.GetByLabel("Reason").FillAsync("Known by voice");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Unlock" }).ClickAsync();
        await desk.SeesAsync("ada@example.test is unlocked.");

        await Portal.SignInAsync(ada, Ada, ProviderFixture.GoodPassword);
        await IsInAsync(stage, ada);
    }

    [Fact]
    public async Task A_reset_that_the_help_desk_sends_lets_the_person_alone_choose_the_password()
    {
        await using var stage = await ConsoleStage.StartAsync(chromium);
        await stage.Provider.CreateAccountAsync(Ada);
        var desk = await EnterAsync(stage);

        await UserList.ChooseAsync(desk, Ada, "Send password reset");
        var dialog = desk.Page.GetByRole(AriaRole.Dialog, new() { Name = "Send a password reset?" });
        await Expect(dialog).ToContainTextAsync("You neither choose nor see it");
        await desk.CheckAsync("help-desk-send-reset-dialog");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Send password reset" }).ClickAsync();
        await desk.SeesAsync("A password reset is on its way to ada@example.test.");
        await stage.Provider.DrainAsync();

        var ada = await stage.EnterAsync();
        await ada.GoAsync(stage.Provider.Mails.Last<RecoveryMail.PasswordResetLink>().Link);
        await Portal.ChoosePasswordAsync(ada, ProviderFixture.BetterPassword);
        await ada.SeesHeadingAsync("Your password is changed");
        await ada.GoAsync("/login");
        await Portal.SignInAsync(ada, Ada, ProviderFixture.BetterPassword);
        await IsInAsync(stage, ada);
    }

    [Fact]
    public async Task Somebody_who_lost_the_phone_signs_in_without_it_once_the_help_desk_has_reset_MFA()
    {
        await using var stage = await ConsoleStage.StartAsync(chromium);
        var account = await stage.Provider.CreateAccountAsync(Ada);
        await stage.EnrollTotpAsync(account.Id);
        var desk = await EnterAsync(stage);

        await desk.FollowAsync(Ada);
        await desk.Page.Locator("summary.status-menu", new() { HasText = "Enrolled" }).ClickAsync();
        await desk
            .Page.GetByRole(AriaRole.Region, new() { Name = "MFA status" })
            .GetByRole(AriaRole.Link, new() { Name = "Reset MFA" })
            .ClickAsync();
        await UserList.ResetDialog(desk).GetByLabel("Reason").FillAsync("Lost the phone");
        await UserList
            .ResetDialog(desk)
            .GetByRole(AriaRole.Button, new() { Name = "reset", Exact = true })
            .ClickAsync();
        await desk.SeesAsync("MFA of ada@example.test was reset.");

        var ada = await stage.EnterAsync();
        await ada.GoAsync("/login");
        await Portal.SignInAsync(ada, Ada, ProviderFixture.GoodPassword);
        await ada.SeesHeadingAsync("Set up a second factor");
    }

    [Fact]
    public async Task The_help_desk_changes_nothing_of_an_administrator()
    {
        await using var stage = await ConsoleStage.StartAsync(chromium);
        var grace = await stage.Provider.CreateAccountAsync("grace@example.test", administrator: true);
        await stage.EnrollTotpAsync(grace.Id);
        var desk = await EnterAsync(stage);

        await Expect(UserList.Menu(desk, Desk)).ToHaveCountAsync(0);
        await Expect(UserList.Menu(desk, "grace@example.test")).ToHaveCountAsync(0);
        await desk.GoAsync("/admin/users/" + grace.Id);
        await desk.SeesHeadingAsync("grace@example.test");
        await Expect(desk.Page.Locator("main summary")).ToHaveCountAsync(0);

        // Whom one selects is looked at again, and that is where the rule stands.
        await desk.GoAsync("/admin/users");
        await desk.Page.GetByLabel("Select grace@example.test").CheckAsync();
        await UserList.ChooseForSelectedAsync(desk, "Reset MFA");
        var dialog = UserList.ResetDialog(desk);
        await Expect(dialog).ToContainTextAsync("1 cannot be reset by you: grace@example.test");
        await dialog.GetByLabel("Reason").FillAsync("She says that she is the head of IT");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "reset", Exact = true }).ClickAsync();
        await Expect(dialog).ToContainTextAsync("You may not reset the MFA of this account.");
        await desk.CheckAsync("help-desk-refused");
        await desk.FollowAsync("Cancel");

        await UserList.ChooseForSelectedAsync(desk, "Send password reset");
        await desk
            .Page.GetByRole(AriaRole.Dialog)
            .GetByRole(AriaRole.Button, new() { Name = "Send password reset" })
            .ClickAsync();
        await desk.SeesAsync("You may not send any of them a reset.");
        await desk.GoAsync("/admin/users");
        await Expect(UserList.Row(desk, "grace@example.test")).ToContainTextAsync("Enrolled");
        await stage.Provider.DrainAsync();
        Assert.Equal(0, stage.Provider.Mails.Count<RecoveryMail.MfaReset>());
        Assert.Equal(0, stage.Provider.Mails.Count<RecoveryMail.PasswordResetLink>());
    }

    private static async Task<Person> EnterAsync(Stage stage)
    {
        await stage.CreateWithRoleAsync(Desk, ConsoleRoles.HelpDesk);
        var desk = await stage.EnterAsync();
        await desk.GoAsync("/login");
        await desk.FollowAsync("Administrator Login");
        await Portal.SignInAsync(desk, Desk, ProviderFixture.GoodPassword);
        await desk.SeesHeadingAsync("Users");
        return desk;
    }

    private static Task IsInAsync(Stage stage, Person person) =>
        Expect(person.Page).ToHaveURLAsync(new Uri(stage.Provider.Origin, "/account").ToString());
}
