using Browser.Tests.Pages;
using Browser.Tests.Support;
using IdP.Recovery.Ports;
using Microsoft.Playwright;
using Tests.Support;
using Xunit;

namespace Browser.Tests.Journeys;

/// <summary>Every page that is not the console's, in every language, light and dark, on a wide and on the narrowest screen.</summary>
public sealed class EveryPageJourneys(Chromium chromium) : Journey
{
    private const string Ada = "ada@example.test";

    private static readonly string[] Open =
    [
        "/login",
        "/login/administrator",
        "/login/passkey",
        "/signed-out",
        "/reset/user",
        "/reset/administrator",
        "/reset/sent?for=user",
        "/reset/password",
        "/reset/done?for=user",
        "/not-me",
        "/unlock",
        "/stop-reset",
        "/object",
        "/login/factor",
        "/login/enroll",
        "/supported-browsers",
        "/error",
        "/no-such-page",
    ];

    private static readonly string[] SignedIn =
    [
        "/account",
        "/device",
        "/device/done",
        "/account/password",
        "/account/addresses",
        "/account/sessions",
        "/account/activity",
        "/account/security",
        "/account/security/authenticator",
        "/account/security/passkeys",
        "/account/security/recovery-codes",
        "/account/prove",
        "/account/applications",
        "/account/services",
        "/logout",
    ];

    [Theory]
    [InlineData("en-GB", 1280, Traits = ["soak", "only"])]
    [InlineData("en-GB", 320, Traits = ["soak", "only"])]
    [InlineData("de-DE", 1280, Traits = ["soak", "only"])]
    [InlineData("de-DE", 320)]
    public async Task Nothing_is_wrong_with_any_page(string locale, int width)
    {
        await using var stage = await Stage.StartAsync(chromium, thirdParty: true, frontChannel: true);
        await stage.Provider.CreateAccountAsync(Ada, with: a => a.DisplayName = "Ada Lovelace");
        var ada = await stage.EnterAsync(
            new()
            {
                Locale = locale,
                ViewportSize = new() { Width = width, Height = 800 },
                // The narrowest screen is one that is touched.
                HasTouch = width == 320,
            }
        );
        foreach (var path in Open)
        {
            await ada.GoAsync(path);
            await ada.CheckEveryLookAsync("all" + path.Split('?')[0].Replace('/', '-'));
        }

        await CheckLinkAsync(stage, ada);
        await ada.GoAsync("/login");
        await ada.Page.Locator("input[name=Email]").FillAsync(Ada);
        await ada.Page.Locator("input[name=Password]").FillAsync(ProviderFixture.GoodPassword);
        await ada.Page.Keyboard.PressAsync("Enter");
        await ada.Page.WaitForURLAsync("**/account");
        foreach (var path in SignedIn)
        {
            await ada.GoAsync(path);
            await ada.CheckEveryLookAsync("all" + path.Replace('/', '-'));
        }

        var callback = Uri.EscapeDataString(new Uri(stage.Sample, "/signin-oidc").ToString());
        await ada.GoAsync(
            $"/connect/authorize?client_id=journeys&response_type=code&scope=openid%20profile&state=s&nonce=n&redirect_uri={callback}&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
        );
        Assert.Equal("/consent", new Uri(ada.Page.Url).AbsolutePath);
        await ada.CheckEveryLookAsync("all-consent");
        await ada.Page.Locator("button[value=grant]").ClickAsync();
        await ada.Page.WaitForURLAsync(new Uri(stage.Sample, "/**").ToString());
        await ada.GoAsync("/connect/authorize?client_id=nobody&response_type=code");
        await ada.CheckEveryLookAsync("all-refused-request");
        await CheckFramesAsync(ada);
    }

    [Fact]
    public async Task German_pages_speak_german()
    {
        await using var stage = await Stage.StartAsync(chromium);
        var english = await stage.EnterAsync();
        var german = await stage.EnterAsync(new() { Locale = "de-DE" });
        foreach (var path in Open)
        {
            await english.GoAsync(path);
            await german.GoAsync(path);

            Assert.NotEqual(
                await english.Page.Locator("h1").InnerTextAsync(),
                await german.Page.Locator("h1").InnerTextAsync()
            );
        }
    }

    [Fact]
    public async Task The_development_mailbox_speaks_german_and_nothing_is_wrong_with_it()
    {
        await using var stage = await Stage.StartAsync(chromium, devMailbox: true);
        var konrad = await stage.EnterAsync(
            new()
            {
                Locale = "de-DE",
                ViewportSize = new() { Width = 320, Height = 800 },
            }
        );
        await konrad.GoAsync("/dev/mail");
        await konrad.CheckEveryLookAsync("all-dev-mail-empty");
        await konrad.GoAsync("/reset/user");
        await konrad.Page.Locator("input[name=Email]").FillAsync("konrad@example.test");
        await konrad.Page.Keyboard.PressAsync("Enter");
        await konrad.Page.WaitForURLAsync("**/reset/sent**");
        await DevelopmentMailbox.OpenNewestAsync(konrad, "konrad@example.test");
        await konrad.CheckEveryLookAsync("all-dev-mail");

        await Assertions.Expect(konrad.Page.Locator("html")).ToHaveAttributeAsync("lang", "de");
        await Assertions
            .Expect(konrad.Page.GetByRole(AriaRole.Main))
            .Not.ToContainTextAsync("Open the link in this mail");
    }

    // The page that goes on by itself once the applications are told: looked at without its script, then with it.
    private static async Task CheckFramesAsync(Person person)
    {
        await person.GoAsync("/logout");
        await person.Page.RouteAsync("**/*.js", route => route.AbortAsync());
        await person.Page.Locator("main form button").First.ClickAsync();
        await person.Page.WaitForURLAsync("**/logout/applications**");
        await person.CheckEveryLookAsync("all-logout-applications");
        await person.Page.UnrouteAllAsync();
        await person.Page.ReloadAsync(new() { WaitUntil = WaitUntilState.Commit });
        await person.Page.WaitForURLAsync("**/signed-out**");
    }

    // The page behind a link that works.
    private static async Task CheckLinkAsync(Stage stage, Person person)
    {
        await person.GoAsync("/reset/user");
        await person.Page.Locator("input[name=Email]").FillAsync(Ada);
        await person.Page.Keyboard.PressAsync("Enter");
        await person.Page.WaitForURLAsync("**/reset/sent**");
        await stage.Provider.DrainAsync();
        await person.GoAsync(stage.Provider.Mails.Last<RecoveryMail.PasswordResetLink>().Link);
        await person.CheckEveryLookAsync("all-reset-password-open");
    }
}
