using Browser.Tests.Pages;
using Browser.Tests.Support;
using IdP.Recovery.Ports;
using Microsoft.Playwright;
using Tests.Support;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Browser.Tests.Journeys;

/// <summary>Where the rules ask two administrators for the MFA reset of somebody of the console.</summary>
public sealed class ApprovalJourneys(Chromium chromium) : Journey
{
    private const string Ada = "ada@example.test";
    private const string Grace = "grace@example.test";
    private const string Alan = "alan@example.test";

    [Fact]
    public async Task A_second_administrator_approves_and_neither_who_asked_nor_whose_MFA_it_is()
    {
        await using var stage = await StartAsync();
        var grace = await stage.Provider.CreateAccountAsync(Grace, administrator: true);
        var phone = await stage.EnrollTotpAsync(grace.Id);
        await stage.Provider.CreateAccountAsync(Alan, administrator: true);
        await stage.Provider.CreateAccountAsync(Ada);
        var root = await stage.EnterConsoleAsync();

        // Of two people the one without the console's rights is reset at once.
        await root.FollowAsync("Users");
        await root.Page.GetByLabel("Select " + Ada).CheckAsync();
        await root.Page.GetByLabel("Select " + Grace).CheckAsync();
        await UserList.ChooseForSelectedAsync(root, "Reset MFA");
        var dialog = UserList.ResetDialog(root);
        await Expect(dialog).ToContainTextAsync("1 need a second administrator's approval.");
        await root.CheckAsync("users-reset-mfa-approval");
        await dialog.GetByLabel("Reason").FillAsync("New phones");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "reset", Exact = true }).ClickAsync();
        await root.SeesHeadingAsync("MFA reset of many people");
        await stage.Provider.DrainAsync();
        await root.SeesAsync("2 of 2");
        await Expect(FactOf(root, "Reset")).ToHaveTextAsync("1");
        await Expect(FactOf(root, "Wait for a second administrator")).ToHaveTextAsync("1");
        await root.CheckAsync("batch-approval");
        Assert.Equal(Ada, stage.Provider.Mails.Last<RecoveryMail.MfaReset>().To.Address);

        // Who asked cannot approve it as well.
        await root.FollowAsync("Approvals");
        await root.SeesAsync("MFA reset of grace@example.test");
        await root.CheckAsync("approvals-mfa");
        await OpenAsync(root);
        await ApproveAsync(root);
        await root.SeesAsync("somebody to approve who neither asked for it");
        await root.CheckAsync("approval-refused");

        // Nor can she herself, and her factor is there still.
        var owner = await stage.EnterAsync();
        await owner.GoAsync("/admin/approvals");
        await Portal.SignInAsync(owner, Grace, ProviderFixture.GoodPassword);
        await owner.FillAsync("Code", phone.CodeAt(stage.Time.GetUtcNow()));
        await owner.PressAsync("Continue");
        await OpenAsync(owner);
        await ApproveAsync(owner);
        await owner.SeesAsync("somebody to approve who neither asked for it");

        // The mail leads another administrator to it, by way of the sign-in.
        var pending = stage.Provider.Mails.Last<RecoveryMail.MfaResetPending>();
        Assert.Equal((Alan, Grace, ConsoleStage.Root), (pending.To.Address, pending.Administrator, pending.AskedBy));
        var alan = await stage.EnterAsync();
        await alan.GoAsync(pending.DecideLink);
        await Portal.SignInAsync(alan, Alan, ProviderFixture.GoodPassword);
        await OpenAsync(alan);
        await Expect(alan.Page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("New phones");
        await alan.CheckAsync("approval-dialog");
        await ApproveAsync(alan);
        await alan.SeesAsync("MFA of grace@example.test was reset.");
        await alan.SeesAsync("Nothing waits for you");

        // She is signed out, and comes in with the password alone.
        await owner.GoAsync("/admin");
        await Portal.SignInAsync(owner, Grace, ProviderFixture.GoodPassword);
        await owner.SeesHeadingAsync("Dashboard");
    }

    [Theory]
    [InlineData(
        "en-GB",
        1280,
        "Object to the reset of your MFA",
        "I object",
        "You have objected",
        Traits = ["soak", "only"]
    )]
    [InlineData(
        "de-DE",
        320,
        "Dem Zurücksetzen Ihrer MFA widersprechen",
        "Ich widerspreche",
        "Sie haben widersprochen"
    )]
    public async Task Whose_MFA_it_is_objects_by_the_mailed_link(
        string locale,
        int width,
        string title,
        string button,
        string done
    )
    {
        await using var stage = await StartAsync();
        var root = await AskToResetAsync(stage);

        var owner = await stage.EnterAsync(
            new()
            {
                Locale = locale,
                ViewportSize = new() { Width = width, Height = 800 },
            }
        );
        await owner.GoAsync(stage.Provider.Mails.Last<RecoveryMail.MfaResetWaiting>().ObjectLink);
        await owner.SeesHeadingAsync(title);
        await owner.SeesAsync("She wrote to me");
        await owner.CheckAsync("object");
        await owner.PressAsync(button);
        await owner.SeesHeadingAsync(done);
        await owner.CheckAsync("object-done");

        await root.GoAsync("/admin/approvals");
        await root.SeesAsync("Nothing waits for you");
    }

    [Fact]
    public async Task A_reset_of_one_that_is_declined_changes_nothing_and_who_asked_is_told()
    {
        await using var stage = await StartAsync();
        await AskToResetAsync(stage);

        var alan = await stage.EnterAsync();
        await alan.GoAsync("/admin/approvals");
        await Portal.SignInAsync(alan, Alan, ProviderFixture.GoodPassword);
        await OpenAsync(alan);
        await alan.PressAsync("Decline");
        await alan.SeesAsync("Nothing was removed.");
        await alan.GoAsync("/admin/users");
        await Expect(UserList.Row(alan, Grace)).ToContainTextAsync("Enrolled");
        await stage.Provider.DrainAsync();
        Assert.Equal(ConsoleStage.Root, stage.Provider.Mails.Last<RecoveryMail.MfaResetDeclined>().To.Address);
        Assert.Equal(0, stage.Provider.Mails.Count<RecoveryMail.MfaReset>());
    }

    private Task<Stage> StartAsync() =>
        ConsoleStage.StartAsync(chromium, settings: ("AccountRecovery:MfaReset:Approval", "Privileged"));

    // Asks for the reset of Grace's MFA, which then waits; returns who asked.
    private static async Task<Person> AskToResetAsync(Stage stage)
    {
        var grace = await stage.Provider.CreateAccountAsync(Grace, administrator: true);
        await stage.EnrollTotpAsync(grace.Id);
        await stage.Provider.CreateAccountAsync(Alan, administrator: true);
        var root = await stage.EnterConsoleAsync();
        await root.FollowAsync("Users");
        await UserList.ChooseAsync(root, Grace, "Reset MFA");
        await UserList.ResetDialog(root).GetByLabel("Reason").FillAsync("She wrote to me");
        await UserList
            .ResetDialog(root)
            .GetByRole(AriaRole.Button, new() { Name = "reset", Exact = true })
            .ClickAsync();
        await root.SeesAsync("The reset of grace@example.test waits for a second administrator.");
        await stage.Provider.DrainAsync();
        return root;
    }

    private static Task OpenAsync(Person person) =>
        person.Page.GetByRole(AriaRole.Link, new() { Name = "Look at it" }).ClickAsync();

    private static Task ApproveAsync(Person person) =>
        person
            .Page.GetByRole(AriaRole.Dialog, new() { Name = "Approve an MFA reset" })
            .GetByRole(AriaRole.Button, new() { Name = "Reset MFA" })
            .ClickAsync();

    // What the progress page says of something.
    private static ILocator FactOf(Person person, string name) =>
        person
            .Page.Locator("#progress dl > div")
            .Filter(new() { Has = person.Page.GetByText(name, new() { Exact = true }) })
            .GetByRole(AriaRole.Definition);
}
