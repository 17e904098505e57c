using Browser.Tests.Pages;
using Browser.Tests.Support;
using IdP.Recovery;
using IdP.Recovery.PasswordReset;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Tests.Support;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Browser.Tests.Journeys;

/// <summary>The first minutes with a host in Development, as the README tells them.</summary>
public sealed class FirstStartJourneys(Chromium chromium) : Journey
{
    private const string Administrator = "admin@example.test";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_administrator_is_set_up_by_the_printed_link_and_finds_people_in_every_state()
    {
        await using var stage = await Stage.StartAsync(chromium, devMailbox: true);
        var root = await stage.EnterAsync(
            new()
            {
                ViewportSize = new() { Width = 1280, Height = 900 },
            }
        );

        await root.GoAsync(await LinkAsync(stage));
        await Portal.ChoosePasswordAsync(root, ProviderFixture.GoodPassword);
        await root.Page.WaitForURLAsync("**/reset/done**");
        await root.GoAsync("/login/administrator");
        await Portal.SignInAsync(root, Administrator, ProviderFixture.GoodPassword);
        await root.Page.WaitForURLAsync("**/login/enroll**");
        var key = (await root.Page.Locator("#totp-key").TextContentAsync())!;
        await root.FillAsync("Code", new Authenticator(key).CodeAt(stage.Time.GetUtcNow()));
        await root.PressAsync("Confirm");

        await root.FollowAsync("Users");
        await root.SeesAsync("61 people");
        await root.CheckAsync("first-start-users");
        foreach (var state in new[] { "Enrolled", "Enrolling", "Expired", "Locked", "Suspended", "Not required" })
        {
            await Expect(root.Page.GetByRole(AriaRole.Table).GetByText(state).First).ToBeAttachedAsync();
        }

        await root.Page.GetByLabel("Search").FillAsync("noether");
        await root.Page.Keyboard.PressAsync("Enter");
        await root.SeesAsync("2 people");
        await root.Page.GetByRole(AriaRole.Table).GetByRole(AriaRole.Link, new() { Name = "Emmy" }).First.ClickAsync();
        await root.SeesHeadingAsync("Emmy Noether");
        await root.CheckAsync("first-start-person");
    }

    // Another one than the one that was printed, which no test reads.
    private static Task<string> LinkAsync(Stage stage) =>
        stage.Provider.InScopeAsync(async p =>
        {
            var account = await p.GetRequiredService<IAccounts>()
                .FindByAddressAsync(EmailAddress.Normalize(Administrator)!, Cancelled);
            var issued = await p.GetRequiredService<IssuePasswordReset>()
                .ToCallerAsync(account!, PasswordResetPurpose.SetUp, "development", Cancelled);
            return issued.Link.ToString();
        });
}
