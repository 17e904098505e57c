using Browser.Tests.Support;
using IdP.Recovery.Ports;
using Tests.Support;
using Xunit;

namespace Browser.Tests.Journeys;

/// <summary>Every page in every language, light and dark, on a wide and on the narrowest screen.</summary>
public sealed class EveryPageJourneys(Chromium chromium)
{
    private const string Ada = "ada@example.test";

    private static readonly string[] Open =
    [
        "/login",
        "/login/administrator",
        "/signed-out",
        "/reset/user",
        "/reset/administrator",
        "/reset/sent?for=user",
        "/reset/password",
        "/reset/done?for=user",
        "/not-me",
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
        "/account/sessions",
        "/account/applications",
    ];

    [Theory]
    [InlineData("en-GB", 1280)]
    [InlineData("en-GB", 320)]
    [InlineData("de-DE", 1280)]
    [InlineData("de-DE", 320)]
    public async Task Nothing_is_wrong_with_any_page(string locale, int width)
    {
        await using var stage = await Stage.StartAsync(chromium);
        await stage.Provider.CreateAccountAsync(Ada, with: a => a.DisplayName = "Ada Lovelace");
        var ada = await stage.EnterAsync(
            new()
            {
                Locale = locale,
                ViewportSize = new() { Width = width, Height = 800 },
            }
        );
        foreach (var path in Open)
        {
            await ada.GoAsync(path);
            await ada.CheckAsync("all" + path.Split('?')[0].Replace('/', '-'));
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
            await ada.CheckAsync("all" + path.Replace('/', '-'));
        }
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

    // The page behind a link that works.
    private static async Task CheckLinkAsync(Stage stage, Person person)
    {
        await person.GoAsync("/reset/user");
        await person.Page.Locator("input[name=Email]").FillAsync(Ada);
        await person.Page.Keyboard.PressAsync("Enter");
        await person.Page.WaitForURLAsync("**/reset/sent**");
        await stage.Provider.DrainAsync();
        await person.GoAsync(stage.Provider.Mails.Last<RecoveryMail.PasswordResetLink>().Link);
        await person.CheckAsync("all-reset-password-open");
    }
}
