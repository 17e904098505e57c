using System.Text.RegularExpressions;
using Browser.Tests.Pages;
using Browser.Tests.Support;
using IdP.Recovery.Ports;
using Tests.Support;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Browser.Tests.Journeys;

/// <summary>The walk between the two portals, in the words of the page that asked for it.</summary>
public sealed partial class AdministratorJourneys(Chromium chromium)
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

        await Expect(root.Page)
            .ToHaveURLAsync(new Uri(stage.Provider.Origin, "/admin/mail").ToString());
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

    private async Task<Stage> StartAsync()
    {
        var stage = await Stage.StartAsync(chromium);
        await stage.Provider.CreateAccountAsync(Root, administrator: true);
        return stage;
    }

    [GeneratedRegex("/reset/sent")]
    private static partial Regex SentPage();
}
