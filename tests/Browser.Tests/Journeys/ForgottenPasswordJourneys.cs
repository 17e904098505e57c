using System.Text.RegularExpressions;
using Browser.Tests.Pages;
using Browser.Tests.Support;
using IdP.Recovery.Ports;
using Microsoft.Playwright;
using Tests.Support;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Browser.Tests.Journeys;

/// <summary>The bad day: the password is forgotten, and the way back.</summary>
public sealed partial class ForgottenPasswordJourneys(Chromium chromium) : Journey
{
    private const string Ada = "ada@example.test";

    // Development has people of its own already.
    private const string Augusta = "augusta@example.test";

    [Fact]
    public async Task Somebody_forgets_the_password_gets_the_mail_sets_a_new_one_and_finds_old_sessions_gone()
    {
        await using var stage = await StartAsync(Augusta, devMailbox: true);
        var phone = await stage.EnterAsync();
        await SampleApplication.AskForSignInAsync(phone, stage);
        await Portal.SignInAsync(phone, Augusta, ProviderFixture.GoodPassword);
        await SampleApplication.IsSignedInAsync(phone, stage, "Ada Lovelace");

        var laptop = await stage.EnterAsync();
        await SampleApplication.AskForSignInAsync(laptop, stage);
        await Portal.User.RequestResetAsync(laptop, Augusta);
        await Expect(laptop.Page).ToHaveURLAsync(SentPage());
        await laptop.CheckAsync("reset-sent");

        await DevelopmentMailbox.OpenNewestAsync(laptop, Augusta);
        await laptop.CheckAsync("dev-mail");
        await DevelopmentMailbox.FollowLinkAsync(laptop);
        await laptop.SeesHeadingAsync("Choose a new password");
        await laptop.CheckAsync("reset-password");
        await Portal.ChoosePasswordAsync(laptop, ProviderFixture.BetterPassword);
        await Expect(laptop.Page).ToHaveURLAsync(DonePage());
        await laptop.CheckAsync("reset-done");

        // Nobody is signed in by a reset.
        await laptop.GoAsync("/account");
        await Portal.SignInAsync(laptop, Augusta, ProviderFixture.BetterPassword);
        await Expect(laptop.Page).ToHaveURLAsync(new Uri(stage.Provider.Origin, "/account").ToString());

        await phone.GoAsync("/account");
        await Expect(phone.Page.GetByLabel("Password", new() { Exact = true })).ToBeVisibleAsync();
        await EndedInTheApplicationAsync(phone, stage);
    }

    [Fact]
    public async Task Everybody_sees_the_same_answer_to_a_request()
    {
        await using var stage = await StartAsync();
        var answers = new List<string>();
        foreach (var address in new[] { Ada, "nobody@example.test" })
        {
            var person = await stage.EnterAsync();
            await person.GoAsync("/login");
            await Portal.User.RequestResetAsync(person, address);
            await Expect(person.Page).ToHaveURLAsync(SentPage());
            answers.Add(await person.Page.GetByRole(AriaRole.Main).InnerTextAsync());
        }

        Assert.Equal(answers[0], answers[1]);
    }

    [Fact]
    public async Task A_link_that_was_used_says_so_and_offers_a_new_one()
    {
        await using var stage = await StartAsync();
        var ada = await stage.EnterAsync();
        var link = await RequestLinkAsync(stage, ada);
        await ada.GoAsync(link);
        await Portal.ChoosePasswordAsync(ada, ProviderFixture.BetterPassword);
        await Expect(ada.Page).ToHaveURLAsync(DonePage());

        await ada.GoAsync(link);

        await ada.CheckAsync("reset-link-gone");
        await ada.FollowAsync("Ask for a new link");
        await Expect(ada.Page.GetByLabel("Email", new() { Exact = true })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_link_that_a_newer_one_replaced_or_that_ran_out_says_so()
    {
        await using var stage = await StartAsync();
        var ada = await stage.EnterAsync();
        var replaced = await RequestLinkAsync(stage, ada);
        var newer = await RequestLinkAsync(stage, ada);

        await ada.GoAsync(replaced);
        await ada.SeesHeadingAsync("This link no longer works");
        stage.Time.Advance(TimeSpan.FromMinutes(60));
        await ada.GoAsync(newer);
        await ada.SeesHeadingAsync("This link no longer works");
    }

    [Fact]
    public async Task A_password_that_is_refused_says_why_and_the_link_still_works()
    {
        await using var stage = await StartAsync();
        var ada = await stage.EnterAsync();
        await ada.GoAsync(await RequestLinkAsync(stage, ada));

        await Portal.ChoosePasswordAsync(ada, "passwordpassword");
        await Expect(ada.Page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
        await ada.CheckAsync("reset-password-refused");
        await Portal.ChoosePasswordAsync(ada, ProviderFixture.BetterPassword);

        await Expect(ada.Page).ToHaveURLAsync(DonePage());
    }

    [Fact]
    public async Task Without_javascript()
    {
        await using var stage = await StartAsync();
        var ada = await stage.EnterAsync(new() { JavaScriptEnabled = false });

        await ada.GoAsync(await RequestLinkAsync(stage, ada));
        await ada.CheckAsync("reset-password-without-javascript");
        await Portal.ChoosePasswordAsync(ada, ProviderFixture.BetterPassword);

        await Expect(ada.Page).ToHaveURLAsync(DonePage());
    }

    [Fact]
    public async Task This_was_not_me_locks_the_account_and_mails_a_new_link()
    {
        await using var stage = await StartAsync();
        var thief = await stage.EnterAsync();
        await thief.GoAsync(await RequestLinkAsync(stage, thief));
        await Portal.ChoosePasswordAsync(thief, ProviderFixture.BetterPassword);
        await Expect(thief.Page).ToHaveURLAsync(DonePage());
        await stage.Provider.DrainAsync();

        var ada = await stage.EnterAsync();
        await ada.GoAsync(stage.Provider.Mails.Last<RecoveryMail.PasswordChanged>().NotMeLink);
        await ada.CheckAsync("not-me");
        await ada.PressAsync("Lock the account");
        await ada.CheckAsync("not-me-done");
        await stage.Provider.DrainAsync();

        await thief.GoAsync("/login");
        await Portal.SignInAsync(thief, Ada, ProviderFixture.BetterPassword);
        await Expect(thief.Page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
        await ada.GoAsync(stage.Provider.Mails.Last<RecoveryMail.PasswordResetLink>().Link);
        await Portal.ChoosePasswordAsync(ada, "only the owner knows this one");
        await ada.GoAsync("/login");
        await Portal.SignInAsync(ada, Ada, "only the owner knows this one");
        await Expect(ada.Page).ToHaveURLAsync(new Uri(stage.Provider.Origin, "/account").ToString());
    }

    private static async Task<Uri> RequestLinkAsync(Stage stage, Person person)
    {
        await person.GoAsync("/login");
        await Portal.User.RequestResetAsync(person, Ada);
        await Expect(person.Page).ToHaveURLAsync(SentPage());
        await stage.Provider.DrainAsync();
        return stage.Provider.Mails.Last<RecoveryMail.PasswordResetLink>().Link;
    }

    // The application is told from behind, a moment later.
    private static async Task EndedInTheApplicationAsync(Person person, Stage stage)
    {
        await person.GoAsync(stage.Sample);
        for (
            var i = 0;
            i < 40 && await person.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).IsVisibleAsync();
            i++
        )
        {
            await person.Page.WaitForTimeoutAsync(250);
            await person.Page.ReloadAsync();
        }

        await person.SeesHeadingAsync("Sample application");
    }

    private async Task<Stage> StartAsync(string email = Ada, bool devMailbox = false)
    {
        var stage = await Stage.StartAsync(chromium, devMailbox: devMailbox);
        await stage.Provider.CreateAccountAsync(email, with: a => a.DisplayName = "Ada Lovelace");
        return stage;
    }

    [GeneratedRegex("/reset/sent")]
    private static partial Regex SentPage();

    [GeneratedRegex("/reset/done")]
    private static partial Regex DonePage();
}
