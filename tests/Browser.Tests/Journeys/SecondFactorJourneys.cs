using System.Text.RegularExpressions;
using Browser.Tests.Pages;
using Browser.Tests.Support;
using IdP.Recovery.Ports;
using Microsoft.Playwright;
using Tests.Support;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Browser.Tests.Journeys;

/// <summary>Signing in, recovering and unlocking where a second factor is enrolled.</summary>
public sealed partial class SecondFactorJourneys(Chromium chromium) : Journey
{
    private const string Ada = "ada@example.test";

    [Fact]
    public async Task Resetting_a_user_password_asks_for_a_totp_token_where_mfa_is_on()
    {
        await using var stage = await Stage.StartAsync(chromium);
        var (ada, phone, _) = await EnterAsync(stage);

        // The page's own steps: go to the sign-in, follow the link, enter the address, send.
        await ada.GoAsync("/login/administrator");
        await ada.FollowAsync("User Portal Login");
        await ada.FollowAsync("Reset User Password");
        await ada.FillAsync("Email", Ada);
        await ada.PressAsync("Send Reset Request");
        await Expect(ada.Page).ToHaveURLAsync(SentPage());
        await ada.GoAsync(await MailedLinkAsync(stage));
        await ada.SeesAsync("the mailed link alone changes nothing");
        await ada.CheckAsync("gate");
        await ada.FillAsync("Code", phone.WrongCodeAt(stage.Time.GetUtcNow()));
        await ada.PressAsync("Continue");
        await ada.SeesAsync("Tries left with this link: 4");
        await ada.CheckAsync("gate-refused");
        await ada.FillAsync("Code", phone.CodeAt(stage.Time.GetUtcNow()));
        await ada.PressAsync("Continue");
        await ada.SeesHeadingAsync("Choose a new password");
        await Portal.ChoosePasswordAsync(ada, ProviderFixture.BetterPassword);
        await Expect(ada.Page).ToHaveURLAsync(DonePage());

        // Only the password is new: the same authenticator signs in.
        await ada.GoAsync("/login");
        await Portal.SignInAsync(ada, Ada, ProviderFixture.BetterPassword);
        await ada.FillAsync("Code", stage.NextCode(phone));
        await ada.PressAsync("Continue");
        await IsInAsync(stage, ada);
    }

    [Fact]
    public async Task Five_wrong_codes_void_the_link_and_a_new_mail_works()
    {
        await using var stage = await Stage.StartAsync(chromium);
        var (ada, phone, _) = await EnterAsync(stage);
        await RequestAsync(ada);
        await ada.GoAsync(await MailedLinkAsync(stage));
        for (var i = 0; i < 5; i++)
        {
            await ada.FillAsync("Code", phone.WrongCodeAt(stage.Time.GetUtcNow()));
            await ada.PressAsync("Continue");
            await ada.SeesAsync(i < 4 ? $"Tries left with this link: {4 - i}" : "no longer works");
        }

        await ada.FollowAsync("Ask for a new link");
        await ada.FillAsync("Email", Ada);
        await ada.PressAsync("Send Reset Request");
        await Expect(ada.Page).ToHaveURLAsync(SentPage());
        await ada.GoAsync(await MailedLinkAsync(stage));
        await ada.FillAsync("Code", phone.CodeAt(stage.Time.GetUtcNow()));
        await ada.PressAsync("Continue");
        await ada.SeesHeadingAsync("Choose a new password");
    }

    [Fact]
    public async Task Somebody_who_lost_the_phone_uses_a_saved_code_and_is_given_a_fresh_one()
    {
        await using var stage = await Stage.StartAsync(chromium);
        var (ada, _, account) = await EnterAsync(stage);
        var codes = await stage.Provider.InScopeAsync(p => Authenticator.CreateCodesAsync(p, account));
        await RequestAsync(ada);
        await ada.GoAsync(await MailedLinkAsync(stage));

        await ada.Page.GetByText("I cannot do this now").ClickAsync();
        await ada.SeesAsync("ask an administrator to reset your MFA");
        await ada.FollowAsync("Use a recovery code");
        await ada.CheckAsync("gate-recovery-code");
        await ada.FillAsync("Recovery code", codes[0].ToLowerInvariant());
        await ada.PressAsync("Continue");
        await ada.SeesHeadingAsync("Save your new recovery code");
        await ada.CheckAsync("replacement-code");
        await ada.FollowAsync("I have saved it, go on");

        await ada.SeesHeadingAsync("Choose a new password");
    }

    [Fact]
    public async Task A_browser_that_is_remembered_is_not_asked_again_until_it_is_forgotten()
    {
        await using var stage = await Stage.StartAsync(chromium);
        var (ada, phone, _) = await EnterAsync(stage);
        await ada.GoAsync("/login");
        await Portal.SignInAsync(ada, Ada, ProviderFixture.GoodPassword);
        await ada.SeesHeadingAsync("Show your second factor");
        await ada.CheckAsync("factor");
        await ada.FillAsync("Code", phone.CodeAt(stage.Time.GetUtcNow()));
        await ada.Page.GetByLabel("Do not ask in this browser for 30 days").CheckAsync();
        await ada.PressAsync("Continue");
        await IsInAsync(stage, ada);

        await SignOutAsync(ada);
        await ada.GoAsync("/login");
        await Portal.SignInAsync(ada, Ada, ProviderFixture.GoodPassword);
        await IsInAsync(stage, ada);
        await ada.GoAsync("/account/security");
        await ada.SeesAsync("Remembered browsers");
        await ada.CheckAsync("security-browsers");

        // A remembered browser is no proof: changing factors asks for one.
        await ada.FollowAsync("Add an app");
        await ada.SeesHeadingAsync("Confirm that it is you");
        await ada.CheckAsync("prove");
        await ada.FillAsync("Code", stage.NextCode(phone));
        await ada.PressAsync("Continue");
        await ada.SeesHeadingAsync("Add an authenticator app");

        await ada.GoAsync("/account/security");
        await ada.Page.GetByRole(AriaRole.Button, new() { NameRegex = Forget() }).First.ClickAsync();
        await ada.SeesAsync("The browser is asked for a second factor again.");
        await SignOutAsync(ada);
        await ada.GoAsync("/login");
        await Portal.SignInAsync(ada, Ada, ProviderFixture.GoodPassword);
        await ada.SeesHeadingAsync("Show your second factor");
    }

    [Fact]
    public async Task The_same_code_twice_is_refused_and_the_next_one_is_taken()
    {
        await using var stage = await Stage.StartAsync(chromium);
        var (ada, phone, _) = await EnterAsync(stage);
        var code = phone.CodeAt(stage.Time.GetUtcNow());
        await ada.GoAsync("/login");
        await Portal.SignInAsync(ada, Ada, ProviderFixture.GoodPassword);
        await ada.FillAsync("Code", code);
        await ada.PressAsync("Continue");
        await IsInAsync(stage, ada);

        var again = await stage.EnterAsync();
        await again.GoAsync("/login");
        await Portal.SignInAsync(again, Ada, ProviderFixture.GoodPassword);
        await again.FillAsync("Code", code);
        await again.PressAsync("Continue");
        await again.SeesAsync("each code works once");
        await again.CheckAsync("factor-refused");
        await again.FillAsync("Code", stage.NextCode(phone));
        await again.PressAsync("Continue");
        await IsInAsync(stage, again);
    }

    [Fact]
    public async Task Somebody_whose_account_is_locked_unlocks_it_and_keeps_the_password()
    {
        await using var stage = await Stage.StartAsync(chromium);
        await stage.Provider.CreateAccountAsync(Ada);
        var ada = await stage.EnterAsync();
        await LockAsync(stage, ada);

        await ada.GoAsync(stage.Provider.Mails.Last<RecoveryMail.AccountLocked>().UnlockLink!);
        await ada.SeesHeadingAsync("Unlock your account");
        await ada.CheckAsync("unlock");
        await ada.PressAsync("Unlock the account");
        await ada.SeesHeadingAsync("The account is unlocked");
        await ada.CheckAsync("unlock-done");
        await ada.FollowAsync("Sign in");
        await Portal.SignInAsync(ada, Ada, ProviderFixture.GoodPassword);
        await IsInAsync(stage, ada);
    }

    [Fact]
    public async Task Unlocking_asks_for_the_factor_where_one_is_enrolled()
    {
        await using var stage = await Stage.StartAsync(chromium);
        var (ada, phone, _) = await EnterAsync(stage);
        await LockAsync(stage, ada);
        await ada.GoAsync(stage.Provider.Mails.Last<RecoveryMail.AccountLocked>().UnlockLink!);
        await ada.CheckAsync("unlock-factor");
        await ada.FillAsync("Code", phone.CodeAt(stage.Time.GetUtcNow()));
        await ada.PressAsync("Continue");
        await ada.SeesHeadingAsync("The account is unlocked");
    }

    [Fact]
    public async Task A_saved_code_signs_in_where_the_phone_is_not_at_hand()
    {
        await using var stage = await Stage.StartAsync(chromium);
        var (ada, _, account) = await EnterAsync(stage);
        var codes = await stage.Provider.InScopeAsync(p => Authenticator.CreateCodesAsync(p, account));
        await ada.GoAsync("/login");
        await Portal.SignInAsync(ada, Ada, ProviderFixture.GoodPassword);
        await ada.FollowAsync("Use a recovery code");
        await ada.CheckAsync("factor-recovery-code");
        await ada.FillAsync("Recovery code", codes[0]);
        await ada.PressAsync("Continue");
        await ada.SeesHeadingAsync("Save your new recovery code");
        await ada.CheckAsync("factor-replacement-code");
        await ada.FollowAsync("I have saved it, go on");
        await IsInAsync(stage, ada);
    }

    [Fact]
    public async Task A_link_that_ran_out_while_the_code_was_looked_for_says_so()
    {
        await using var stage = await Stage.StartAsync(chromium);
        var (ada, phone, _) = await EnterAsync(stage);
        await RequestAsync(ada);
        await ada.GoAsync(await MailedLinkAsync(stage));
        await ada.SeesAsync("the mailed link alone changes nothing");

        stage.Time.Advance(TimeSpan.FromMinutes(60));
        await ada.FillAsync("Code", phone.CodeAt(stage.Time.GetUtcNow()));
        await ada.PressAsync("Continue");

        await ada.SeesHeadingAsync("This link no longer works");
    }

    [Theory]
    [InlineData("de-DE", 1280, Traits = ["soak", "only"])]
    [InlineData("de-DE", 320)]
    [InlineData("en-GB", 320, Traits = ["soak", "only"])]
    public async Task With_the_keyboard_alone_in_each_language_and_on_the_narrowest_screen(string locale, int width)
    {
        await using var stage = await Stage.StartAsync(chromium);
        var account = await stage.Provider.CreateAccountAsync(Ada);
        var phone = await stage.EnrollTotpAsync(account.Id);
        var ada = await stage.EnterAsync(
            new()
            {
                Locale = locale,
                ViewportSize = new() { Width = width, Height = 800 },
            }
        );
        await ada.GoAsync("/reset/user");
        await TypeAsync(ada, "Email", Ada);
        await Expect(ada.Page).ToHaveURLAsync(SentPage());
        await ada.GoAsync(await MailedLinkAsync(stage));
        await ada.CheckAsync("gate");
        await TypeAsync(ada, "Code", phone.CodeAt(stage.Time.GetUtcNow()));
        await Expect(ada.Page.Locator("input[name=Password]")).ToBeVisibleAsync();
        await TypeAsync(ada, "Password", ProviderFixture.BetterPassword);
        await Expect(ada.Page).ToHaveURLAsync(DonePage());

        await ada.GoAsync("/login");
        await Keyboard.GoToAsync(ada, ada.Page.Locator("input[name=Email]"));
        await ada.Page.Keyboard.TypeAsync(Ada);
        await TypeAsync(ada, "Password", ProviderFixture.BetterPassword);
        await Expect(ada.Page.Locator("input[name=Code]")).ToBeVisibleAsync();
        await ada.CheckAsync("factor");
        await TypeAsync(ada, "Code", stage.NextCode(phone));
        await IsInAsync(stage, ada);
    }

    private static async Task<(Person Ada, Authenticator Phone, string Account)> EnterAsync(Stage stage)
    {
        var account = await stage.Provider.CreateAccountAsync(Ada, with: a => a.DisplayName = "Ada Lovelace");
        return (await stage.EnterAsync(), await stage.EnrollTotpAsync(account.Id), account.Id);
    }

    private static async Task RequestAsync(Person person)
    {
        await person.GoAsync("/login");
        await Portal.User.RequestResetAsync(person, Ada);
        await Expect(person.Page).ToHaveURLAsync(SentPage());
    }

    private static async Task<Uri> MailedLinkAsync(Stage stage)
    {
        await stage.Provider.DrainAsync();
        return stage.Provider.Mails.Last<RecoveryMail.PasswordResetLink>().Link;
    }

    private static async Task LockAsync(Stage stage, Person person)
    {
        for (var i = 0; i < 5; i++)
        {
            await person.GoAsync("/login");
            await Portal.SignInAsync(person, Ada, "not the password at all");
            await person.SeesAsync("or the account is locked for now");
        }

        await stage.Provider.DrainAsync();
    }

    private static async Task SignOutAsync(Person person)
    {
        await person.GoAsync("/account");
        await person.PressAsync("Sign out");
    }

    private static async Task TypeAsync(Person person, string field, string text)
    {
        await Keyboard.GoToAsync(person, person.Page.Locator($"input[name={field}]"));
        await person.Page.Keyboard.TypeAsync(text);
        await person.Page.Keyboard.PressAsync("Enter");
    }

    private static Task IsInAsync(Stage stage, Person person) =>
        Expect(person.Page).ToHaveURLAsync(new Uri(stage.Provider.Origin, "/account").ToString());

    [GeneratedRegex("/reset/sent")]
    private static partial Regex SentPage();

    [GeneratedRegex("/reset/done")]
    private static partial Regex DonePage();

    [GeneratedRegex("^Forget")]
    private static partial Regex Forget();
}
