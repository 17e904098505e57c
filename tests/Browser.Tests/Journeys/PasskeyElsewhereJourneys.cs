using Browser.Tests.Pages;
using Browser.Tests.Support;
using IdP.Recovery;
using IdP.Recovery.Ports;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Browser.Tests.Journeys;

/// <summary>Passkeys where they are not the sign-in itself: set up inside it, as a proof, and at a gate.</summary>
public sealed class PasskeyElsewhereJourneys(Chromium chromium) : Journey
{
    private const string Ada = "ada@example.test";
    private const string Root = "root@example.test";

    [Theory]
    [InlineData("en-GB", 1280, "Create a passkey", Traits = ["soak", "only"])]
    [InlineData("de-DE", 320, "Passkey erstellen")]
    public async Task Somebody_who_must_have_a_factor_sets_up_a_passkey_inside_the_sign_in(
        string locale,
        int width,
        string button
    )
    {
        await using var stage = await Stage.StartAsync(chromium);
        await stage.Provider.CreateAccountAsync(Root, administrator: true);
        var root = await stage.EnterAsync(
            new()
            {
                Locale = locale,
                ViewportSize = new() { Width = width, Height = 800 },
            }
        );
        var device = await VirtualAuthenticator.PlugInAsync(root);
        await root.GoAsync("/login/administrator");
        await root.Page.Locator("input[name=Email]").FillAsync(Root);
        await root.Page.Locator("input[name=Password]").FillAsync(ProviderFixture.GoodPassword);
        await root.Page.Keyboard.PressAsync("Enter");
        await root.Page.WaitForURLAsync("**/login/enroll**");
        await root.CheckAsync("enroll-passkey");

        await root.PressAsync(button);

        await root.Page.WaitForURLAsync("**/admin");
        Assert.Equal(1, await device.CountAsync());
    }

    [Fact]
    public async Task A_passkey_shows_again_who_somebody_is_before_a_factor_changes()
    {
        await using var stage = await Stage.StartAsync(chromium);
        var (ada, _) = await WithPasskeyAsync(stage);
        stage.Time.Advance(TimeSpan.FromMinutes(6));

        await ada.GoAsync("/account/security/authenticator");
        await ada.SeesHeadingAsync("Confirm that it is you");
        await ada.CheckAsync("prove-passkey");
        await ada.PressAsync("Use a passkey");

        await ada.SeesHeadingAsync("Add an authenticator app");
    }

    [Fact]
    public async Task A_passkey_unlocks_an_account()
    {
        await using var stage = await Stage.StartAsync(chromium);
        var (ada, device) = await WithPasskeyAsync(stage);
        await ada.Context.ClearCookiesAsync();
        await device.AnswerAsync(false);
        for (var i = 0; i < 5; i++)
        {
            await ada.GoAsync("/login");
            await Portal.SignInAsync(ada, Ada, "not the password at all");
            await ada.SeesAsync("or the account is locked for now");
        }

        await stage.Provider.DrainAsync();
        await ada.GoAsync(stage.Provider.Mails.Last<RecoveryMail.AccountLocked>().UnlockLink!);
        await ada.CheckAsync("unlock-passkey");
        await device.AnswerAsync(true);
        await ada.PressAsync("Use a passkey");
        await ada.SeesHeadingAsync("The account is unlocked");

        await device.AnswerAsync(false);
        await ada.FollowAsync("Sign in");
        await Portal.SignInAsync(ada, Ada, ProviderFixture.GoodPassword);
        await ada.Page.WaitForURLAsync("**/login/factor**");
    }

    [Fact]
    public async Task An_application_that_wants_a_passkey_is_told_so_and_gets_it()
    {
        await using var stage = await Stage.StartAsync(chromium);
        var (ada, _) = await WithPasskeyAsync(stage);
        var account = await stage.Provider.InScopeAsync(p => Find(p));
        await stage.EnrollTotpAsync(account);

        await ada.GoAsync("/account/prove?need=passkey&returnUrl=%2Faccount%2Fsessions");
        await ada.SeesAsync("The application asks for a passkey");
        await ada.CheckAsync("prove-only-passkey");
        await ada.PressAsync("Use a passkey");

        await ada.SeesHeadingAsync("Where you are signed in");
    }

    private static async Task<string> Find(IServiceProvider services)
    {
        var accounts = services.GetRequiredService<IAccounts>();
        var found = await accounts.FindByAddressAsync(
            EmailAddress.Normalize(Ada)!,
            TestContext.Current.CancellationToken
        );
        return found!.Id;
    }

    private static async Task<(Person, VirtualAuthenticator)> WithPasskeyAsync(Stage stage)
    {
        await stage.Provider.CreateAccountAsync(Ada, with: a => a.DisplayName = "Ada Lovelace");
        var ada = await stage.EnterAsync();
        var device = await VirtualAuthenticator.PlugInAsync(ada);
        await ada.GoAsync("/login");
        await Portal.SignInAsync(ada, Ada, ProviderFixture.GoodPassword);
        await Expect(ada.Page).ToHaveURLAsync(new Uri(stage.Provider.Origin, "/account").ToString());
        await ada.GoAsync("/account/security/passkeys");
        await ada.PressAsync("Create a passkey");
        await ada.SeesAsync("On one device only");
        return (ada, device);
    }
}
