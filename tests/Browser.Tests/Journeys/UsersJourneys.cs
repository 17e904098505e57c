using System.Buffers.Text;
using Browser.Tests.Pages;
using Browser.Tests.Support;
using IdP.Recovery.Lockout;
using IdP.Recovery.Ports;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Tests.Support;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Browser.Tests.Journeys;

/// <summary>'Resetting MFA for a User', in the words of the page that asked for it; and what else is done to people.</summary>
public sealed class UsersJourneys(Chromium chromium) : Journey
{
    private const string Ada = "ada@example.test";

    [Fact]
    public async Task An_account_that_its_owner_has_closed_is_opened_after_a_warning()
    {
        await using var stage = await ConsoleStage.StartAsync(chromium);
        var account = await stage.Provider.CreateAccountAsync(Ada);
        await stage.Provider.InScopeAsync(async p =>
        {
            await p.GetRequiredService<IAccountLocks>()
                .CloseUntilResetAsync(account.Id, TestContext.Current.CancellationToken);
            return true;
        });
        var root = await stage.EnterConsoleAsync(
            new()
            {
                ViewportSize = new() { Width = 320, Height = 800 },
            }
        );

        await root.GoAsync(
            "/admin/users/unlock?ids=" + Base64Url.EncodeToString(Guid.Parse(account.Id).ToByteArray(bigEndian: true))
        );
        await root.SeesAsync("to be safe, send a password reset instead");
        await root.CheckAsync("users-reopen");
        await root.Page.GetByLabel("Open it all the same").CheckAsync();
        await root.FillAsync("Reason", "She called, it was her");
        await root.Page.GetByRole(AriaRole.Main).GetByRole(AriaRole.Button, new() { Name = "Unlock" }).ClickAsync();

        await root.SeesAsync(Ada + " is unlocked.");
    }

    [Fact]
    public async Task An_administrator_resets_MFA_from_the_users_details()
    {
        await using var stage = await ConsoleStage.StartAsync(chromium);
        var account = await stage.Provider.CreateAccountAsync(Ada, with: a => a.DisplayName = "Ada Lovelace");
        await stage.EnrollTotpAsync(account.Id);
        var root = await stage.EnterConsoleAsync();

        // Go to the Users list. Select the user. Click on their MFA status, then click Reset MFA.
        await root.FollowAsync("Users");
        await root.FollowAsync("Ada Lovelace");
        await root.SeesHeadingAsync("Ada Lovelace");
        await root.CheckAsync("user");
        await root.Page.Locator("summary.status-menu").ClickAsync();
        await root
            .Page.GetByRole(AriaRole.Region, new() { Name = "MFA status" })
            .GetByRole(AriaRole.Link, new() { Name = "Reset MFA" })
            .ClickAsync();

        // The Reset MFA on Users dialog appears. Set the enrollment period for the user. Click reset.
        var dialog = root.Page.GetByRole(AriaRole.Dialog, new() { Name = "Reset MFA on Users" });
        await Expect(dialog).ToContainTextAsync("Ada Lovelace");
        await Expect(dialog).ToContainTextAsync("The password stays");
        await root.CheckAsync("user-reset-mfa-dialog");
        await dialog.GetByLabel("Enrollment period in days").FillAsync("14");
        await dialog.GetByLabel("Reason").FillAsync("Lost her phone, seen in person");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "reset" }).ClickAsync();

        // You are notified of a successful MFA reset.
        await root.SeesAsync("MFA of Ada Lovelace was reset.");
        await root.SeesAsync("Enrolling (13 days left)");
        await root.SeesAsync("Lost her phone, seen in person");
        await root.CheckAsync("user-after-reset");
        await stage.Provider.DrainAsync();
        Assert.Equal(Ada, stage.Provider.Mails.Last<RecoveryMail.MfaReset>().To.Address);

        // She signs in with her password alone, puts it off, and sets it up the next time.
        var ada = await stage.EnterAsync();
        await ada.GoAsync("/login");
        await Portal.SignInAsync(ada, Ada, ProviderFixture.GoodPassword);
        await ada.SeesHeadingAsync("Set up a second factor");
        await ada.CheckAsync("enroll-offered");
        await ada.PressAsync("Later");
        await Expect(ada.Page).ToHaveURLAsync(new Uri(stage.Provider.Origin, "/account").ToString());
    }

    [Fact]
    public async Task An_administrator_resets_MFA_for_several_users_from_the_list()
    {
        await using var stage = await ConsoleStage.StartAsync(chromium);
        foreach (var name in new[] { "ada", "ben", "chiara" })
        {
            var account = await stage.Provider.CreateAccountAsync($"{name}@example.test");
            await stage.EnrollTotpAsync(account.Id);
        }

        var root = await stage.EnterConsoleAsync();
        await root.FollowAsync("Users");

        // Select the users. Click more actions, then select Reset MFA.
        await root.Page.GetByLabel("Select ada@example.test").CheckAsync();
        await root.Page.GetByLabel("Select chiara@example.test").CheckAsync();
        await root.SeesAsync("2 selected");
        await root.CheckAsync("users-selected");
        await root.Page.Locator("summary", new() { HasText = "more actions" }).Last.ClickAsync();
        await root.Page.GetByRole(AriaRole.Button, new() { Name = "Reset MFA" }).ClickAsync();

        // The dialog appears. Optionally, apply an enrollment period of 1 to 365 days. Click reset.
        var dialog = root.Page.GetByRole(AriaRole.Dialog, new() { Name = "Reset MFA on Users" });
        await Expect(dialog).ToContainTextAsync("2 of 2 have MFA now");
        await root.CheckAsync("users-reset-mfa-dialog");
        await dialog.GetByLabel("Enrollment period in days").FillAsync("366");
        await dialog.GetByLabel("Reason").FillAsync("New phones for the team");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "reset", Exact = true }).ClickAsync();
        await root.SeesAsync("from 1 to 365");
        await root.CheckAsync("users-reset-mfa-refused");
        await Expect(dialog).ToBeVisibleAsync();
        await dialog.GetByLabel("Enrollment period in days").FillAsync("365");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "reset", Exact = true }).ClickAsync();

        await root.SeesHeadingAsync("MFA reset of many people");
        await root.SeesAsync("The MFA of 2 people is being reset.");
        await stage.Provider.DrainAsync();
        await root.SeesAsync("Done");
        await root.SeesAsync("2 of 2");
        await root.CheckAsync("batch");
        var report = await root.Page.RunAndWaitForDownloadAsync(() =>
            root.Page.GetByText("Download the report").ClickAsync()
        );
        var lines = await File.ReadAllLinesAsync(await report.PathAsync(), TestContext.Current.CancellationToken);
        Assert.Equal(3, lines.Length);
        Assert.All(lines[1..], l => Assert.Contains(",Reset,", l, StringComparison.Ordinal));

        await root.GoAsync("/admin/users?mfa=InEnrollment");
        await root.SeesAsync("2 people");
        await Expect(root.Page.Locator("[data-selection-bar]")).ToBeHiddenAsync();
        await root.GoAsync("/admin/users?mfa=Enrolled&audience=User");
        await root.SeesAsync("ben@example.test");
        await root.SeesAsync("1 person");
    }

    [Fact]
    public async Task People_are_found_as_one_types_and_the_address_can_be_shared()
    {
        await using var stage = await ConsoleStage.StartAsync(chromium);
        await stage.Provider.CreateAccountAsync(Ada, with: a => a.DisplayName = "Ada Lovelace");
        await stage.Provider.CreateAccountAsync("zoe@example.test", with: a => a.DisplayName = "Zoë Grün");
        var root = await stage.EnterConsoleAsync();
        await root.FollowAsync("Users");

        await root.Page.GetByLabel("Search").PressSequentiallyAsync("zoë");

        await root.SeesAsync("1 person");
        await Expect(root.Page.GetByText("Ada Lovelace")).ToHaveCountAsync(0);
        await Expect(root.Page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("q=zo"));
        await root.CheckAsync("users-searched");
        await root.Page.ReloadAsync();
        await root.SeesAsync("Zoë Grün");
        await root.SeesAsync("1 person");
    }

    [Fact]
    public async Task Whoever_types_before_the_page_is_ready_is_searched_for_too()
    {
        await using var stage = await ConsoleStage.StartAsync(chromium);
        await stage.Provider.CreateAccountAsync(Ada, with: a => a.DisplayName = "Ada Lovelace");
        var root = await stage.EnterConsoleAsync();
        var typed = new TaskCompletionSource();
        await root.Page.RouteAsync(
            "**/_content/IdP.UI/live*.js*",
            async route =>
            {
                await typed.Task;
                await route.ContinueAsync();
            }
        );

        await root.FollowAsync("Users");
        await root.Page.GetByLabel("Search").PressSequentiallyAsync("ada");
        typed.SetResult();

        await root.SeesAsync("1 person");
        await Expect(root.Page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("q=ada"));
    }

    [Fact]
    public async Task Somebody_is_suspended_and_activated_and_unlocked_again()
    {
        await using var stage = await ConsoleStage.StartAsync(chromium);
        await stage.Provider.CreateAccountAsync(Ada);
        var root = await stage.EnterConsoleAsync();
        await root.GoAsync("/admin/users?q=ada");

        await root.Page.Locator("summary", new() { HasText = "More actions for ada@example.test" }).ClickAsync();
        await root.Page.GetByRole(AriaRole.Link, new() { Name = "Suspend" }).ClickAsync();
        var dialog = root.Page.GetByRole(AriaRole.Dialog);
        await Expect(dialog).ToContainTextAsync("Nothing is deleted");
        await root.CheckAsync("user-suspend-dialog");
        await dialog.GetByLabel("Reason").FillAsync("Left the company");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Suspend" }).ClickAsync();
        await root.SeesAsync("ada@example.test is suspended.");

        var ada = await stage.EnterAsync();
        await ada.GoAsync("/login");
        await Portal.SignInAsync(ada, Ada, ProviderFixture.GoodPassword);
        await Expect(ada.Page.GetByLabel("Password", new() { Exact = true })).ToBeVisibleAsync();

        // Back at the list with its filter; what was done is undone by a press.
        await Expect(root.Page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("q=ada"));
        await root.CheckAsync("users-suspended");
        await root.PressAsync("undo");
        await root.SeesAsync("ada@example.test is active again.");
        await root.FollowAsync("undo");
        await dialog.GetByLabel("Reason").FillAsync("Left after all");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Suspend" }).ClickAsync();
        await root.SeesAsync("ada@example.test is suspended.");
        await root.Page.Locator("summary", new() { HasText = "More actions for ada@example.test" }).ClickAsync();
        await root.Page.GetByRole(AriaRole.Link, new() { Name = "Activate" }).ClickAsync();
        await root.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Activate" }).ClickAsync();
        await root.SeesAsync("ada@example.test is active again.");
        await Portal.SignInAsync(ada, Ada, ProviderFixture.GoodPassword);
        await Expect(ada.Page).ToHaveURLAsync(new Uri(stage.Provider.Origin, "/account").ToString());
    }

    [Fact]
    public async Task The_file_holds_what_the_list_shows_when_a_filter_was_typed()
    {
        await using var stage = await ConsoleStage.StartAsync(chromium);
        await stage.Provider.CreateAccountAsync(Ada);
        await stage.Provider.CreateAccountAsync("ben@example.test");
        var root = await stage.EnterConsoleAsync();
        await root.FollowAsync("Users");
        await root.Page.GetByLabel("Search").PressSequentiallyAsync("ada");
        await root.SeesAsync("1 person");

        var file = await root.Page.RunAndWaitForDownloadAsync(() => root.PressAsync("Download as CSV"));

        var lines = await File.ReadAllLinesAsync(await file.PathAsync(), TestContext.Current.CancellationToken);
        Assert.Equal(2, lines.Length);
        Assert.Contains(Ada, lines[1], StringComparison.Ordinal);
        await root.PressAsync("DE (Deutsch)");
        await root.SeesAsync("1 Person");
    }

    [Fact]
    public async Task A_reset_by_keyboard_shows_the_deadline_as_one_types_and_gives_the_focus_back()
    {
        await using var stage = await ConsoleStage.StartAsync(chromium);
        var account = await stage.Provider.CreateAccountAsync(Ada);
        await stage.EnrollTotpAsync(account.Id);
        var root = await stage.EnterConsoleAsync();
        await root.GoAsync("/admin/users?q=ada");
        var menu = root.Page.Locator("summary", new() { HasText = "More actions for ada@example.test" });
        await menu.FocusAsync();
        await root.Page.Keyboard.PressAsync("Enter");
        await Keyboard.GoToAsync(root, root.Page.Locator(".table-menu a", new() { HasText = "Reset MFA" }));
        await root.Page.Keyboard.PressAsync("Enter");
        var dialog = root.Page.GetByRole(AriaRole.Dialog, new() { Name = "Reset MFA on Users" });
        await Expect(dialog).ToContainTextAsync("in 7 days");

        await dialog.GetByLabel("Enrollment period in days").FillAsync("14");
        await Expect(dialog).ToContainTextAsync("in 14 days");
        await root.Page.Keyboard.PressAsync("Escape");

        await Expect(dialog).ToHaveCountAsync(0);
        await Expect(menu).ToBeFocusedAsync();
    }

    [Fact]
    public async Task Progress_moves_under_the_focus_without_taking_it()
    {
        await using var stage = await ConsoleStage.StartAsync(chromium);
        foreach (var name in new[] { "ada", "ben" })
        {
            await stage.Provider.CreateAccountAsync($"{name}@example.test");
        }

        var root = await stage.EnterConsoleAsync();
        await root.GoAsync("/admin/users/reset-mfa?all=1&audience=User");
        await root.FillAsync("Reason", "New phones");
        await root.PressAsync("reset");
        await root.SeesHeadingAsync("MFA reset of many people");
        var report = root.Page.Locator("#batch-report");
        await report.FocusAsync();
        await root.Page.WaitForResponseAsync(r => r.Url.Contains("Was=Running", StringComparison.Ordinal));
        await Expect(report).ToBeFocusedAsync();
        await stage.Provider.DrainAsync();

        await Expect(root.Page.Locator("[data-progress-told]")).ToContainTextAsync("Done: 2 of 2");
        await Expect(report).ToBeFocusedAsync();
        await Expect(root.Page.Locator("#batch-stop")).ToHaveCountAsync(0);
        await root.CheckAsync("batch-done");
    }

    [Fact]
    public async Task Without_script_the_same_steps_are_pages()
    {
        await using var stage = await ConsoleStage.StartAsync(chromium);
        var account = await stage.Provider.CreateAccountAsync(Ada);
        await stage.EnrollTotpAsync(account.Id);
        var root = await stage.EnterConsoleAsync(new() { JavaScriptEnabled = false });
        await root.GoAsync("/admin/users?q=ada");

        await root.Page.GetByLabel("Select ada@example.test").CheckAsync();
        await root.Page.Locator("summary", new() { HasText = "more actions" }).Last.ClickAsync();
        await root.Page.GetByRole(AriaRole.Button, new() { Name = "Reset MFA" }).ClickAsync();
        await root.SeesHeadingAsync("Reset MFA on Users");
        await root.FillAsync("Reason", "Lost phone");
        await root.Page.GetByRole(AriaRole.Button, new() { Name = "reset", Exact = true }).ClickAsync();

        await root.SeesAsync("MFA of ada@example.test was reset.");
    }

    [Fact]
    public async Task Help_desk_and_auditor_see_what_is_theirs()
    {
        await using var stage = await ConsoleStage.StartAsync(chromium);
        await stage.Provider.CreateAccountAsync(Ada);
        var root = await stage.EnterConsoleAsync();
        await root.FollowAsync("Administrators");
        await root.FollowAsync("Give a role");
        await root.FillAsync("Email", Ada);
        await root.PressAsync("Continue");
        await root.FillAsync("Reason", "She audits from now on");
        await root.Page.GetByLabel("Auditor").CheckAsync();
        await root.CheckAsync("roles");
        await root.PressAsync("Save roles");
        await root.SeesAsync("The roles of ada@example.test are changed.");
        await root.CheckAsync("administrators");

        var ada = await stage.EnterAsync();
        await ada.GoAsync("/login/administrator");
        await Portal.SignInAsync(ada, Ada, ProviderFixture.GoodPassword);
        await ada.SeesHeadingAsync("Dashboard");
        await ada.FollowAsync("Users");
        await ada.SeesAsync("2 people");
        await Expect(ada.Page.GetByRole(AriaRole.Checkbox)).ToHaveCountAsync(0);
        await ada.FollowAsync("Audit");
        await ada.SeesHeadingAsync("Audit");
        await ada.GoAsync("/admin/administrators/roles");
        await Expect(ada.Page.GetByLabel("Email")).ToHaveCountAsync(0);
    }
}
