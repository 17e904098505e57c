using System.Text.RegularExpressions;
using Browser.Tests.Pages;
using Browser.Tests.Support;
using IdP.Recovery.Ports;
using Microsoft.Playwright;
using Tests.Support;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Browser.Tests.Journeys;

/// <summary>The walk between the two portals, in the words of the page that asked for it.</summary>
public sealed partial class AdministratorJourneys(Chromium chromium) : Journey
{
    private const string Root = "root@example.test";

    [Fact]
    public async Task An_administrator_resets_the_password()
    {
        await using var stage = await StartAsync();
        var root = await stage.EnterAsync();

        await root.GoAsync("/login");
        await root.FollowAsync("Administrator Login");
        await root.CheckAsync("administrator-sign-in");
        await root.FollowAsync("Reset Administrator Password");
        await root.CheckAsync("administrator-reset");
        await root.FillAsync("Email", Root);
        await root.PressAsync("Send Reset Request");
        await Expect(root.Page).ToHaveURLAsync(SentPage());
        await stage.Provider.DrainAsync();

        await root.GoAsync(stage.Provider.Mails.Last<RecoveryMail.PasswordResetLink>().Link);
        await Portal.ChoosePasswordAsync(root, ProviderFixture.BetterPassword);
        await root.GoAsync("/login/administrator");
        await Portal.SignInAsync(root, Root, ProviderFixture.BetterPassword);

        // The console opens once a second factor is set up, in the same visit.
        await root.SeesHeadingAsync("Set up a second factor");
        await root.CheckAsync("enroll");
        await EnrollAsync(stage, root);
        await Expect(root.Page).ToHaveURLAsync(new Uri(stage.Provider.Origin, "/admin").ToString());
        await root.CheckAsync("console");
    }

    [Fact]
    public async Task A_user_who_is_on_the_administrators_page_finds_the_way_to_the_users_reset()
    {
        await using var stage = await StartAsync();
        await stage.Provider.CreateAccountAsync("ada@example.test");
        var ada = await stage.EnterAsync();

        await ada.GoAsync("/login/administrator");
        await ada.FollowAsync("User Portal Login");
        await ada.FollowAsync("Reset User Password");
        await ada.CheckAsync("user-reset");
        await ada.FillAsync("Email", "ada@example.test");
        await ada.PressAsync("Send Reset Request");
        await stage.Provider.DrainAsync();

        Assert.Single(stage.Provider.Mails.Sent);
    }

    [Fact]
    public async Task A_reset_replaces_the_authenticator_key_and_the_sign_in_leads_through_the_new_one()
    {
        await using var stage = await StartAsync();
        var account = await stage.Provider.CreateAccountAsync("grace@example.test", administrator: true);
        await stage.EnrollTotpAsync(account.Id);
        var grace = await stage.EnterAsync();
        await grace.GoAsync("/login/administrator");
        await Portal.Administrator.RequestResetAsync(grace, "grace@example.test");
        await Expect(grace.Page).ToHaveURLAsync(SentPage());
        await stage.Provider.DrainAsync();
        await grace.GoAsync(stage.Provider.Mails.Last<RecoveryMail.PasswordResetLink>().Link);
        await Portal.ChoosePasswordAsync(grace, ProviderFixture.BetterPassword);

        await grace.GoAsync("/login/administrator");
        await Portal.SignInAsync(grace, "grace@example.test", ProviderFixture.BetterPassword);

        await grace.SeesHeadingAsync("Set up your authenticator app again");
        await grace.CheckAsync("enroll-rotated");
        await grace.GoAsync("/admin");
        await Expect(grace.Page.GetByLabel("Password", new() { Exact = true })).ToBeVisibleAsync();
        await grace.GoAsync("/login/enroll");
        await EnrollAsync(stage, grace);
        await Expect(grace.Page).ToHaveURLAsync(new Uri(stage.Provider.Origin, "/admin").ToString());
    }

    [Fact]
    public async Task Another_administrator_stops_a_reset_by_the_mailed_link()
    {
        await using var stage = await StartAsync();
        await stage.Provider.CreateAccountAsync("grace@example.test", administrator: true);
        var thief = await stage.EnterAsync();
        await thief.GoAsync("/login/administrator");
        await Portal.Administrator.RequestResetAsync(thief, "grace@example.test");
        await Expect(thief.Page).ToHaveURLAsync(SentPage());
        await stage.Provider.DrainAsync();
        await thief.GoAsync(stage.Provider.Mails.Last<RecoveryMail.PasswordResetLink>().Link);

        var root = await stage.EnterAsync();
        await root.GoAsync(stage.Provider.Mails.Last<RecoveryMail.AdministratorResetPending>().StopLink);
        await root.CheckAsync("stop-reset");
        await root.PressAsync("Stop this reset");
        await root.SeesHeadingAsync("The reset is stopped");
        await root.CheckAsync("stop-reset-done");

        await Portal.ChoosePasswordAsync(thief, ProviderFixture.BetterPassword);
        await thief.SeesHeadingAsync("This link no longer works");
    }

    [Fact]
    public async Task Another_administrator_closes_the_account_after_a_reset_that_was_not_its_owners()
    {
        await using var stage = await StartAsync();
        await stage.Provider.CreateAccountAsync("grace@example.test", administrator: true);
        var thief = await stage.EnterAsync();
        await thief.GoAsync("/login/administrator");
        await Portal.Administrator.RequestResetAsync(thief, "grace@example.test");
        await Expect(thief.Page).ToHaveURLAsync(SentPage());
        await stage.Provider.DrainAsync();
        await thief.GoAsync(stage.Provider.Mails.Last<RecoveryMail.PasswordResetLink>().Link);
        await Portal.ChoosePasswordAsync(thief, ProviderFixture.BetterPassword);
        await Expect(thief.Page).ToHaveURLAsync(DonePage());
        await stage.Provider.DrainAsync();

        var root = await stage.EnterAsync();
        await root.GoAsync(stage.Provider.Mails.Last<RecoveryMail.AdministratorResetDone>().StopLink);
        await root.SeesHeadingAsync("Close this account?");
        await root.SeesAsync("grace@example.test");
        await root.CheckAsync("stop-reset-close");
        await root.PressAsync("Close the account");
        await root.SeesHeadingAsync("The account is closed");
        await root.CheckAsync("stop-reset-closed");

        await thief.GoAsync("/login/administrator");
        await Portal.SignInAsync(thief, "grace@example.test", ProviderFixture.BetterPassword);
        await Expect(thief.Page.GetByLabel("Password", new() { Exact = true })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Whoever_waits_for_an_approval_sees_it_and_withdraws_it()
    {
        await using var stage = await StartAsync(("AccountRecovery:AdministratorReset:Proof", "Approval"));
        await stage.Provider.CreateAccountAsync("grace@example.test", administrator: true);
        var grace = await stage.EnterAsync();
        await grace.GoAsync("/login/administrator");
        await Portal.Administrator.RequestResetAsync(grace, "grace@example.test");
        await Expect(grace.Page).ToHaveURLAsync(SentPage());
        await grace.SeesAsync("the other administrators are asked to approve, for 24 hours at most");
        await grace.CheckAsync("sent-approval");
        await stage.Provider.DrainAsync();

        await grace.GoAsync(stage.Provider.Mails.Last<RecoveryMail.AdministratorResetWaiting>().CancelLink);
        await grace.SeesHeadingAsync("Withdraw your reset");
        await grace.SeesAsync("Waits for another administrator to approve it.");
        await grace.CheckAsync("stop-reset-own");
        await grace.PressAsync("Withdraw it");
        await grace.SeesHeadingAsync("Your reset is withdrawn");
    }

    [Fact]
    public async Task Where_the_rules_say_so_a_link_is_mailed_once_another_administrator_approves()
    {
        await using var stage = await StartAsync(("AccountRecovery:AdministratorReset:Proof", "Approval"));
        await stage.Provider.CreateAccountAsync("grace@example.test", administrator: true);
        var grace = await stage.EnterAsync();
        await grace.GoAsync("/login/administrator");
        await Portal.Administrator.RequestResetAsync(grace, "grace@example.test");
        await Expect(grace.Page).ToHaveURLAsync(SentPage());
        await stage.Provider.DrainAsync();

        var root = await stage.EnterAsync();
        await root.GoAsync(stage.Provider.Mails.Last<RecoveryMail.AdministratorResetPending>().ApproveLink!);
        await Portal.SignInAsync(root, Root, ProviderFixture.GoodPassword);
        await EnrollAsync(stage, root);
        await root.SeesHeadingAsync("Approvals");
        await root.SeesAsync("New password for grace@example.test");
        await root.CheckAsync("approvals");
        await root.Page.GetByRole(AriaRole.Button, new() { Name = "Approve" }).ClickAsync();
        await root.SeesAsync("The link is on its way");
        await stage.Provider.DrainAsync();

        await grace.GoAsync(stage.Provider.Mails.Last<RecoveryMail.PasswordResetLink>().Link);
        await grace.SeesHeadingAsync("Choose a new password");
    }

    [Fact]
    public async Task Where_a_factor_is_the_proof_a_saved_code_opens_the_gate_and_is_not_replaced()
    {
        await using var stage = await StartAsync(("AccountRecovery:AdministratorReset:Proof", "Factor"));
        var account = await stage.Provider.CreateAccountAsync("grace@example.test", administrator: true);
        await stage.EnrollTotpAsync(account.Id);
        var codes = await stage.Provider.InScopeAsync(p => Authenticator.CreateCodesAsync(p, account.Id));
        var grace = await stage.EnterAsync();
        await grace.GoAsync("/login/administrator");
        await Portal.Administrator.RequestResetAsync(grace, "grace@example.test");
        await Expect(grace.Page).ToHaveURLAsync(SentPage());
        await stage.Provider.DrainAsync();

        await grace.GoAsync(stage.Provider.Mails.Last<RecoveryMail.PasswordResetLink>().Link);
        await grace.SeesAsync("the mailed link alone changes nothing");
        await Expect(grace.Page.GetByLabel("Code", new() { Exact = true })).ToBeVisibleAsync();
        await grace.CheckAsync("gate-administrator");
        await grace.FollowAsync("Use a recovery code");
        await grace.FillAsync("Recovery code", "not one of them");
        await grace.PressAsync("Continue");
        await grace.SeesAsync("It was not counted as a try");
        await grace.FillAsync("Recovery code", codes[0]);
        await grace.PressAsync("Continue");

        // The reset drops every code, so none is handed out here.
        await grace.SeesHeadingAsync("Choose a new password");
        await Portal.ChoosePasswordAsync(grace, ProviderFixture.BetterPassword);
        await Expect(grace.Page).ToHaveURLAsync(DonePage());
    }

    [Fact]
    public async Task A_user_who_asked_under_the_administrators_link_is_mailed_the_right_one()
    {
        await using var stage = await StartAsync();
        await stage.Provider.CreateAccountAsync("ada@example.test");
        var ada = await stage.EnterAsync();
        await ada.GoAsync("/login/administrator");
        await Portal.Administrator.RequestResetAsync(ada, "ada@example.test");
        await Expect(ada.Page).ToHaveURLAsync(SentPage());
        await stage.Provider.DrainAsync();
        Assert.Equal(0, stage.Provider.Mails.Count<RecoveryMail.PasswordResetLink>());

        await ada.GoAsync(stage.Provider.Mails.Last<RecoveryMail.OtherPortalReset>().RequestPage);
        await ada.FillAsync("Email", "ada@example.test");
        await ada.PressAsync("Send Reset Request");
        await Expect(ada.Page).ToHaveURLAsync(SentPage());
        await stage.Provider.DrainAsync();
        await ada.GoAsync(stage.Provider.Mails.Last<RecoveryMail.PasswordResetLink>().Link);

        await ada.SeesHeadingAsync("Choose a new password");
    }

    [Theory]
    [InlineData("en-GB", 1280, Traits = ["soak", "only"])]
    [InlineData("de-DE", 320)]
    public async Task With_the_keyboard_alone_from_the_request_to_the_console(string locale, int width)
    {
        await using var stage = await StartAsync();
        var root = await stage.EnterAsync(
            new()
            {
                Locale = locale,
                ViewportSize = new() { Width = width, Height = 800 },
            }
        );
        await root.GoAsync("/login/administrator");
        await Keyboard.GoToAsync(root, root.Page.Locator("main a[href='/reset/administrator']"));
        await root.Page.Keyboard.PressAsync("Enter");
        await root.Page.WaitForURLAsync("**/reset/administrator");
        await TypeAsync(root, "Email", Root);
        await root.Page.Keyboard.PressAsync("Enter");
        await Expect(root.Page).ToHaveURLAsync(SentPage());
        await stage.Provider.DrainAsync();

        await root.GoAsync(stage.Provider.Mails.Last<RecoveryMail.PasswordResetLink>().Link);
        await TypeAsync(root, "Password", ProviderFixture.BetterPassword);
        await root.Page.Keyboard.PressAsync("Enter");
        await Expect(root.Page).ToHaveURLAsync(DonePage());

        await root.GoAsync("/login/administrator");
        await TypeAsync(root, "Email", Root);
        await TypeAsync(root, "Password", ProviderFixture.BetterPassword);
        await root.Page.Keyboard.PressAsync("Enter");
        await root.Page.WaitForURLAsync("**/login/enroll**");
        var key = (await root.Page.Locator("#totp-key").TextContentAsync())!;
        await TypeAsync(root, "Code", new Authenticator(key).CodeAt(stage.Time.GetUtcNow()));
        await root.Page.Keyboard.PressAsync("Enter");
        await Expect(root.Page).ToHaveURLAsync(new Uri(stage.Provider.Origin, "/admin").ToString());
    }

    private static async Task TypeAsync(Person person, string field, string text)
    {
        await Keyboard.GoToAsync(person, person.Page.Locator($"main input[name={field}]"));
        await person.Page.Keyboard.TypeAsync(text);
    }

    private static async Task EnrollAsync(Stage stage, Person person)
    {
        var key = (await person.Page.Locator("#totp-key").TextContentAsync())!;
        await person.FillAsync("Code", new Authenticator(key).CodeAt(stage.Time.GetUtcNow()));
        await person.PressAsync("Confirm");
    }

    private async Task<Stage> StartAsync(params (string Name, string Value)[] settings)
    {
        var stage = await Stage.StartAsync(chromium, settings: settings);
        await stage.Provider.CreateAccountAsync(Root, administrator: true);
        return stage;
    }

    [GeneratedRegex("/reset/sent")]
    private static partial Regex SentPage();

    [GeneratedRegex("/reset/done")]
    private static partial Regex DonePage();
}
