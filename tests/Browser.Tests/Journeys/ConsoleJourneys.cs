using Browser.Tests.Pages;
using Browser.Tests.Support;
using Tests.Support;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Browser.Tests.Journeys;

/// <summary>What an administrator does in the console beside looking after people.</summary>
public sealed class ConsoleJourneys(Chromium chromium) : Journey
{
    [Fact]
    public async Task The_jobs_pages_work_under_the_policy_that_they_are_given()
    {
        await using var stage = await ConsoleStage.StartAsync(chromium);
        var root = await stage.EnterConsoleAsync();

        await root.FollowAsync("Jobs");
        await root.SeesHeadingAsync("Overview");
        await root.Page.ScreenshotAsync(new() { Path = Repository.PathOf("tests", "results", "pages", "jobs.png") });
        foreach (var path in new[] { "recurring", "servers", "jobs/enqueued", "retries" })
        {
            await root.GoAsync("/admin/jobs/" + path);
            await root.Page.WaitForLoadStateAsync(Microsoft.Playwright.LoadState.Load);
        }

        await root.Page.GetByText("Back to site").ClickAsync();
        await root.SeesHeadingAsync("Dashboard");
        await root.GoAsync("/admin/jobs/recurring");
        await root.Page.Locator("input[value=recovery-prune]").CheckAsync();
        var answer = await root.Page.RunAndWaitForResponseAsync(
            () => root.Page.Locator("button:has-text('Trigger now')").ClickAsync(),
            r => r.Url.EndsWith("/recurring/trigger", StringComparison.Ordinal)
        );

        Assert.True(answer.Ok, answer.StatusText);
        Assert.Empty(root.Complaints);
    }

    [Fact]
    public async Task An_application_gets_a_new_secret_that_is_shown_once()
    {
        await using var stage = await ConsoleStage.StartAsync(chromium);
        var root = await stage.EnterConsoleAsync();

        await root.FollowAsync("Applications");
        await root.FollowAsync("Sample application");
        await root.FollowAsync("Make a new secret");
        await root.PressAsync("Make a new secret");

        await root.SeesAsync("Copy the secret now");
        await root.CheckAsync("application-new-secret");
        await root.FollowAsync("I have saved it");
        await root.SeesAsync("Two secrets are valid");
        await root.CheckAsync("application-two-secrets");
    }

    [Fact]
    public async Task All_access_of_an_application_is_revoked_in_a_dialog_that_says_what_it_does()
    {
        await using var stage = await ConsoleStage.StartAsync(chromium);
        await stage.Provider.CreateAccountAsync("ada@example.test");
        var ada = await stage.EnterAsync();
        await SampleApplication.AskForSignInAsync(ada, stage);
        await Portal.SignInAsync(ada, "ada@example.test", ProviderFixture.GoodPassword);
        await ada.Page.WaitForURLAsync(url => new Uri(url).Authority == stage.Sample.Authority);
        var root = await stage.EnterConsoleAsync();

        await root.GoAsync("/admin/applications/journeys");
        await root.SeesAsync("One person has granted it access.");
        await root.FollowAsync("Revoke all");
        await root.SeesAsync("it cannot be taken back");
        await root.CheckAsync("application-revoke-dialog");
        await root.PressAsync("Revoke all access");

        await root.SeesAsync("The access to one person is revoked.");
        await root.SeesAsync("Nobody has granted it access.");
    }

    [Fact]
    public async Task The_dashboards_charts_are_drawn_and_their_days_can_be_read()
    {
        await using var stage = await ConsoleStage.StartAsync(chromium);
        var root = await stage.EnterConsoleAsync();

        await root.FollowAsync("7 days");
        await root.SeesHeadingAsync("Dashboard");
        await Expect(root.Page.Locator(".chart-plot canvas")).ToHaveCountAsync(5);
        var summary = root.Page.Locator("figure").First.Locator("summary");
        await summary.FocusAsync();
        await root.Page.Keyboard.PressAsync("Enter");
        await Expect(root.Page.Locator("#resets-days tbody tr").First).ToBeVisibleAsync();
        await root.CheckAsync("dashboard-table");
        await root.Page.Locator(".tile[href$=given-up]").ClickAsync();
        await root.SeesHeadingAsync("Mail and other work");
    }

    [Fact]
    public async Task Without_javascript_the_dashboard_still_tells_its_numbers()
    {
        await using var stage = await ConsoleStage.StartAsync(chromium);
        var root = await stage.EnterConsoleAsync(new() { JavaScriptEnabled = false });

        await root.GoAsync("/admin?days=7");
        await root.SeesAsync("Asked for:");
        Assert.Equal(0, await root.Page.Locator(".chart-plot:visible").CountAsync());
        await root.Page.Locator("figure").First.Locator("summary").ClickAsync();
        await Expect(root.Page.Locator("#resets-days tbody tr").First).ToBeVisibleAsync();
        await root.CheckAsync("dashboard-without-script");
    }
}
