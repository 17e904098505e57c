using System.Web;
using Browser.Tests.Support;
using IdP.Recovery.Ports;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Tests.Support;
using Xunit;
using ZXing;
using ZXing.Common;
using ZXing.QrCode;
using static Microsoft.Playwright.Assertions;

namespace Browser.Tests.Journeys;

/// <summary>Somebody sets up an authenticator app and recovery codes in the user portal, and takes the app away.</summary>
public sealed class SecurityJourneys(Chromium chromium) : Journey
{
    private const string Ada = "ada@example.test";

    [Fact]
    public async Task Somebody_adds_an_app_saves_codes_and_removes_the_app()
    {
        await using var stage = await StartAsync();
        var ada = await SignInAsync(stage);

        await ada.FollowAsync("Security");
        await ada.SeesAsync("Your password stands alone");
        await ada.CheckAsync("security-none");
        await AddAppAsync(stage, ada, "Work phone");

        // Codes come next: a lost phone must not be a lost account.
        await ada.SeesHeadingAsync("Recovery codes");
        await ada.CheckAsync("security-codes-lead");
        await ada.PressAsync("Create recovery codes");
        await ada.SeesAsync("These codes are shown only now");
        await ada.CheckAsync("security-codes");
        var codes = await ada.Page.Locator("#codes li").AllInnerTextsAsync();
        Assert.Equal(10, codes.Distinct().Count());
        Assert.Equal(codes, await DownloadAsync(ada));
        Assert.Equal(codes, (await CopyAsync(ada, "Copy")).Split('\n'));
        await OnPaperAsync(ada);

        await ada.FollowAsync("I have saved them");
        await ada.SeesAsync("Work phone");
        await ada.SeesAsync("10 are left");
        await ada.CheckAsync("security");
        Assert.DoesNotContain(codes[0], await ada.Page.ContentAsync(), StringComparison.Ordinal);

        await ada.Page.GetByRole(AriaRole.Link, new() { Name = "Work phone" }).ClickAsync();
        await ada.SeesAsync("and your recovery codes with them");
        await ada.CheckAsync("security-app");
        await ada.FillAsync("Name of the app", "Old phone");
        await ada.PressAsync("Save");
        await ada.Page.GetByRole(AriaRole.Link, new() { Name = "Old phone" }).ClickAsync();
        await ada.PressAsync("Remove the app");
        await ada.SeesAsync("Your password stands alone");

        await stage.Provider.DrainAsync();
        Assert.Equal(
            [FactorChange.TotpAdded, FactorChange.RecoveryCodesCreated, FactorChange.Renamed, FactorChange.TotpRemoved],
            stage.Provider.Mails.Sent.Select(m => m.Mail).OfType<RecoveryMail.FactorChanged>().Select(m => m.Change)
        );
    }

    [Fact]
    public async Task A_wrong_code_keeps_the_key_on_the_page()
    {
        await using var stage = await StartAsync();
        var ada = await SignInAsync(stage);
        await ada.GoAsync("/account/security/authenticator");
        var app = await ReadKeyAsync(ada);
        var address = await ReadQrAsync(ada);
        Assert.Equal(app.Key, HttpUtility.ParseQueryString(new Uri(address).Query)["secret"]);
        Assert.Contains(Uri.EscapeDataString(Ada), address, StringComparison.Ordinal);
        await ada.FillAsync("Name of the app", "Work phone");
        await ada.FillAsync("Code", app.WrongCodeAt(await NowAsync(stage)));
        await ada.PressAsync("Confirm");

        await ada.SeesAsync("This code does not belong to the key above");
        await ada.CheckAsync("security-authenticator-refused");
        Assert.Equal(app.Key, (await ReadKeyAsync(ada)).Key);
        await Expect(ada.Page.GetByLabel("Name of the app", new() { Exact = true })).ToHaveValueAsync("Work phone");
        await ada.FillAsync("Code", app.CodeAt(await NowAsync(stage)));
        await ada.PressAsync("Confirm");
        await ada.SeesHeadingAsync("Recovery codes");
    }

    // By a reader that this project did not write, from what the browser paints.
    private static async Task<string> ReadQrAsync(Person person)
    {
        var modules = await person.Page.EvaluateAsync<string>(
            """
            () => {
              const svg = document.querySelector("svg.qr");
              const path = svg.querySelector("path");
              const size = svg.viewBox.baseVal.width;
              const rows = [...Array(size).keys()].map((y) =>
                [...Array(size).keys()]
                  .map((x) => (path.isPointInFill(new DOMPoint(x + 0.5, y + 0.5)) ? "1" : "0"))
                  .join(""));
              return rows.join("\n");
            }
            """
        );
        var rows = modules.Split('\n');
        const int Scale = 4;
        const int Quiet = 4;
        var width = (rows.Length + 2 * Quiet) * Scale;
        var pixels = Enumerable.Repeat(byte.MaxValue, width * width).ToArray();
        for (var i = 0; i < pixels.Length; i++)
        {
            var (x, y) = (i % width / Scale - Quiet, i / width / Scale - Quiet);
            if (x >= 0 && y >= 0 && x < rows.Length && y < rows.Length && rows[y][x] == '1')
            {
                pixels[i] = 0;
            }
        }

        var source = new RGBLuminanceSource(pixels, width, width, RGBLuminanceSource.BitmapFormat.Gray8);

        // Told that nothing else is in the picture: where it looks for the code first, it overlooks one of 200.
        var pure = new Dictionary<DecodeHintType, object> { [DecodeHintType.PURE_BARCODE] = true };
        return new QRCodeReader().decode(new BinaryBitmap(new HybridBinarizer(source)), pure)!.Text;
    }

    private static async Task<string> CopyAsync(Person person, string button)
    {
        await person.Page.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        await person.PressAsync(button);
        await person.SeesAsync("Copied");
        return (await person.Page.EvaluateAsync<string>("() => navigator.clipboard.readText()")).Trim();
    }

    private static async Task OnPaperAsync(Person person)
    {
        await person.Page.EmulateMediaAsync(new() { Media = Media.Print });
        await Expect(person.Page.Locator("#codes li").First).ToBeVisibleAsync();
        await Expect(person.Page.GetByText(Ada).First).ToBeVisibleAsync();
        await Expect(person.Page.GetByRole(AriaRole.Button)).ToHaveCountAsync(0);
        await Expect(person.Page.Locator("nav:visible, footer:visible")).ToHaveCountAsync(0);
        await person.Page.EmulateMediaAsync(new() { Media = Media.Screen });
    }

    [Theory]
    [InlineData("de-DE", 1280, Traits = ["soak", "only"])]
    [InlineData("de-DE", 320)]
    [InlineData("en-GB", 320, Traits = ["soak", "only"])]
    public async Task The_pages_hold_in_each_language_and_on_the_narrowest_screen(string locale, int width)
    {
        await using var stage = await StartAsync();
        var ada = await SignInAsync(
            stage,
            new()
            {
                Locale = locale,
                ViewportSize = new() { Width = width, Height = 800 },
            }
        );
        await ada.GoAsync("/account/security/authenticator");
        await ada.Page.Locator("details.more summary").ClickAsync();
        await ada.CheckAsync("security-authenticator");
        var app = await ReadKeyAsync(ada);
        await ada.Page.Locator("input[name=Code]").FillAsync(app.CodeAt(await NowAsync(stage)));
        await ada.Page.Keyboard.PressAsync("Enter");
        await ada.Page.WaitForURLAsync("**/account/security/recovery-codes");
        await ada.Page.Locator("main form button").ClickAsync();
        await Expect(ada.Page.Locator("#codes li")).ToHaveCountAsync(10);
        await ada.CheckAsync("security-codes");
        await ada.GoAsync("/account/security");
        await ada.CheckAsync("security");
        await ada.Page.Locator("a[href*='/account/security/authenticator/']").ClickAsync();
        await ada.CheckAsync("security-app");
        await ada.GoAsync("/account/security/recovery-codes");
        await ada.CheckAsync("security-codes-replace");
    }

    [Fact]
    public async Task It_works_without_script()
    {
        await using var stage = await StartAsync();
        var ada = await SignInAsync(stage, new() { JavaScriptEnabled = false });
        await AddAppAsync(stage, ada, "Work phone");
        await ada.PressAsync("Create recovery codes");

        await Expect(ada.Page.Locator("#codes li")).ToHaveCountAsync(10);
        await Expect(ada.Page.GetByRole(AriaRole.Button, new() { Name = "Download" })).ToBeHiddenAsync();
        await ada.CheckAsync("security-codes-plain");
    }

    private static async Task AddAppAsync(Stage stage, Person ada, string name)
    {
        await ada.GoAsync("/account/security");
        await ada.FollowAsync("Add an app");
        await ada.SeesHeadingAsync("Add an authenticator app");
        await ada.SeesAsync("localhost: " + Ada);
        await ada.CheckAsync("security-authenticator");
        var app = await ReadKeyAsync(ada);
        await ada.FillAsync("Code", app.CodeAt(await NowAsync(stage)));
        await ada.FillAsync("Name of the app", name);
        await ada.PressAsync("Confirm");
    }

    // What the QR code holds stands in the link beside it, and in text.
    private static async Task<Authenticator> ReadKeyAsync(Person ada)
    {
        var address = await ada.Page.Locator("a[href^='otpauth:']").GetAttributeAsync("href");
        var key = HttpUtility.ParseQueryString(new Uri(address!).Query)["secret"]!;
        Assert.Equal(key, (await ada.Page.Locator("#totp-key").TextContentAsync())!.Replace(" ", ""));
        return new(key);
    }

    private static Task<DateTimeOffset> NowAsync(Stage stage) =>
        stage.Provider.InScopeAsync(p => Task.FromResult(p.GetRequiredService<TimeProvider>().GetUtcNow()));

    private static async Task<IReadOnlyList<string>> DownloadAsync(Person ada)
    {
        var download = await ada.Page.RunAndWaitForDownloadAsync(() => ada.PressAsync("Download"));
        Assert.Equal("recovery-codes.txt", download.SuggestedFilename);
        await using var file = await download.CreateReadStreamAsync();
        using var reader = new StreamReader(file);
        return (await reader.ReadToEndAsync(TestContext.Current.CancellationToken)).Split(
            "\r\n",
            StringSplitOptions.RemoveEmptyEntries
        );
    }

    private async Task<Stage> StartAsync()
    {
        var stage = await Stage.StartAsync(chromium);
        await stage.Provider.CreateAccountAsync(Ada, with: a => a.DisplayName = "Ada Lovelace");
        return stage;
    }

    private static async Task<Person> SignInAsync(Stage stage, BrowserNewContextOptions? options = null)
    {
        var person = await stage.EnterAsync(options);
        await person.GoAsync("/login");
        await person.Page.Locator("input[name=Email]").FillAsync(Ada);
        await person.Page.Locator("input[name=Password]").FillAsync(ProviderFixture.GoodPassword);
        await person.Page.Locator("main form button[type=submit]").First.ClickAsync();
        await Expect(person.Page).ToHaveURLAsync(new Uri(stage.Provider.Origin, "/account").ToString());
        return person;
    }
}
