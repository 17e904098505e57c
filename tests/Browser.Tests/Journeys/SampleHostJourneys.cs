using System.Text.RegularExpressions;
using Browser.Tests.Support;
using Microsoft.Playwright;
using MimeKit;
using Tests.Support;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Browser.Tests.Journeys;

/// <summary>
/// The plugin in somebody else's host, as its README has it: people sign in by the pages of ASP.NET Core Identity, and come
/// back in by ours.
/// </summary>
public sealed partial class SampleHostJourneys(Chromium chromium) : Journey
{
    private const string Ada = "ada@example.test";
    private const string First = "Correct-horse-battery-1";
    private const string Second = "nine purple otters juggle quietly";
    private const string Third = "seven amber kettles hum at dawn";

    [Fact]
    public async Task A_host_of_others_lets_its_people_back_in_and_nothing_of_it_changes()
    {
        var host = await SampleHost.StartAsync(chromium);
        var phone = await host.EnterAsync();
        var laptop = await host.EnterAsync();
        await RegisterAsync(phone);
        await SignInAsync(phone, First);
        await IsInAsync(phone);

        // Pages of the host's take what they always took.
        Assert.Equal(200, (await phone.Page.GotoAsync("/Privacy?x=1&x=2"))!.Status);
        await phone.SeesHeadingAsync("Privacy Policy");

        // The host's own link leads to the plugin's page.
        await laptop.GoAsync("/Identity/Account/Login");
        await laptop.FollowAsync("Forgot your password?");
        await RequestAsync(host, laptop);
        await ChooseAsync(laptop, Second);
        await Expect(laptop.Page).ToHaveURLAsync(LoginPage());
        await SignInAsync(laptop, Second);
        await IsInAsync(laptop);
        await IsOutAsync(phone);

        var app = await EnrollAsync(laptop);
        await laptop.GoAsync("/");
        await IsInAsync(laptop);
        await phone.GoAsync("/reset/user");
        await RequestAsync(host, phone);
        await phone.FillAsync("Code", app.CodeAt(Now()));
        await phone.PressAsync("Continue");
        await ChooseAsync(phone, Third);
        await IsOutAsync(laptop);

        // The key is where Identity keeps it: its own sign-in asks for it.
        await SignInAsync(phone, Third);
        await phone.FillAsync("Authenticator code", app.CodeAt(Now()));
        await phone.PressAsync("Log in");
        await IsInAsync(phone);
    }

    [Fact]
    public async Task An_app_that_is_set_up_by_our_page_is_the_one_that_the_hosts_sign_in_asks_for()
    {
        var host = await SampleHost.StartAsync(chromium);
        var ada = await host.EnterAsync();
        await RegisterAsync(ada);

        // Whoever is not signed in is led to the host's sign-in, and back.
        await ada.GoAsync("/enroll");
        await Expect(ada.Page).ToHaveURLAsync(LoginFirstPage());
        await ada.FillAsync("Email", Ada);
        await ada.FillAsync("Password", First);
        await ada.PressAsync("Log in");
        await ada.SeesHeadingAsync("Set up a second factor");
        await CheckAsync(ada, "enroll");

        var app = new Authenticator(await ada.Page.Locator("#totp-key").TextContentAsync() ?? "");
        await ada.FillAsync("Code", app.CodeAt(Now()));
        await ada.FillAsync("Password", "not the password");
        await ada.PressAsync("Confirm");
        await ada.SeesAsync("The password is wrong.");
        await ada.FillAsync("Code", app.CodeAt(Now()));
        await ada.FillAsync("Password", First);
        await ada.PressAsync("Confirm");
        await ada.SeesHeadingAsync("Recovery codes");
        await CheckAsync(ada, "enroll-codes");
        var codes = await ada.Page.Locator("#codes li").AllInnerTextsAsync();
        Assert.Equal(10, codes.Count);
        await ada.FollowAsync("I have saved them");
        await IsInAsync(ada);
        await ada.GoAsync("/enroll");
        await ada.SeesHeadingAsync("You have a second factor");
        await CheckAsync(ada, "enroll-have-one");

        var laptop = await host.EnterAsync();
        await SignInAsync(laptop, First);
        await laptop.FillAsync("Authenticator code", app.CodeAt(Now()));
        await laptop.PressAsync("Log in");
        await IsInAsync(laptop);

        var other = await host.EnterAsync();
        await SignInAsync(other, First);
        await other.FollowAsync("log in with a recovery code");
        await other.FillAsync("Recovery Code", codes[0]);
        await other.PressAsync("Log in");
        await IsInAsync(other);
    }

    [Theory]
    [InlineData(1280)]
    [InlineData(320)]
    public async Task Inside_a_layout_of_the_hosts_a_page_changes_nothing_around_it(int width)
    {
        const string looks =
            "n => { const s = getComputedStyle(n); return [s.fontFamily, s.fontSize, s.color].join(); }";
        var host = await SampleHost.StartAsync(chromium);
        var ada = await host.EnterAsync(width);
        await ada.GoAsync("/Privacy");
        var before = await ada.Page.Locator("header .navbar-brand").EvaluateAsync<string>(looks);

        await host.RestartAsync(("RecoveryPages:Layout", "/Pages/Shared/_Layout.cshtml"));
        await ada.GoAsync("/reset/user");

        await ada.SeesHeadingAsync("Reset your password");
        Assert.Equal(before, await ada.Page.Locator("header .navbar-brand").EvaluateAsync<string>(looks));
        Assert.Equal(
            width,
            await ada.Page.EvaluateAsync<int>("Math.max(innerWidth, document.documentElement.scrollWidth)")
        );
        await ada.FillAsync("Email", Ada);
        await ada.PressAsync("Send Reset Request");
        await Expect(ada.Page).ToHaveURLAsync(SentPage());
        await Expect(ada.Page.GetByRole(AriaRole.Link, new() { Name = "Privacy" }).First).ToBeAttachedAsync();
    }

    private static async Task CheckAsync(Person person, string name)
    {
        foreach (var width in new[] { 320, 1280 })
        {
            await person.Page.SetViewportSizeAsync(width, 800);
            await person.CheckAsync(name);
        }
    }

    // The host has a clock of its own, the machine's.
    private static DateTimeOffset Now() => new ShiftedTime().GetUtcNow();

    private static Task IsInAsync(Person person) => person.SeesAsync($"Hello {Ada}!");

    private static async Task IsOutAsync(Person person)
    {
        await person.GoAsync("/");
        await Expect(person.Page.GetByRole(AriaRole.Link, new() { Name = "Login", Exact = true })).ToBeVisibleAsync();
    }

    private static async Task RegisterAsync(Person person)
    {
        await person.GoAsync("/Identity/Account/Register");
        await person.FillAsync("Email", Ada);
        await person.FillAsync("Password", First);
        await person.FillAsync("Confirm Password", First);
        await person.PressAsync("Register");
        await person.FollowAsync("Click here to confirm your account");
        await person.SeesAsync("Thank you for confirming your email.");
    }

    private static async Task SignInAsync(Person person, string password)
    {
        await person.GoAsync("/Identity/Account/Login");
        await person.FillAsync("Email", Ada);
        await person.FillAsync("Password", password);
        await person.PressAsync("Log in");
    }

    // From the page that asks for the address to the one behind the mailed link.
    private static async Task RequestAsync(SampleHost host, Person person)
    {
        var before = host.Mail.Received.Count(HasLink);
        await person.SeesHeadingAsync("Reset your password");
        await person.FillAsync("Email", Ada);
        await person.PressAsync("Send Reset Request");
        await Expect(person.Page).ToHaveURLAsync(SentPage());
        var mail = await host.Mail.NextAsync(HasLink, before, TestContext.Current.CancellationToken);
        await person.GoAsync(new Uri(OpenLink().Match(mail.TextBody ?? "").Value));
    }

    private static bool HasLink(MimeMessage mail) => OpenLink().IsMatch(mail.TextBody ?? "");

    private static async Task ChooseAsync(Person person, string password)
    {
        await person.SeesHeadingAsync("Choose a new password");
        await person.FillAsync("New password", password);
        await person.PressAsync("Set password");
        await Expect(person.Page).ToHaveURLAsync(DonePage());
        await person.FollowAsync("Sign in");
    }

    private static async Task<Authenticator> EnrollAsync(Person person)
    {
        await person.GoAsync("/Identity/Account/Manage/EnableAuthenticator");
        var app = new Authenticator((await person.Page.Locator("kbd").InnerTextAsync()).ToUpperInvariant());
        await person.FillAsync("Verification Code", app.CodeAt(Now()));
        await person.PressAsync("Verify");
        await person.SeesAsync("Your authenticator app has been verified.");
        return app;
    }

    [GeneratedRegex(@"http\S+/reset/open\?token=\S+")]
    private static partial Regex OpenLink();

    [GeneratedRegex("/reset/sent")]
    private static partial Regex SentPage();

    [GeneratedRegex("/reset/done")]
    private static partial Regex DonePage();

    [GeneratedRegex(@"/Identity/Account/Login\?ReturnUrl=%2Fenroll$")]
    private static partial Regex LoginFirstPage();

    [GeneratedRegex("/Identity/Account/Login$")]
    private static partial Regex LoginPage();
}
