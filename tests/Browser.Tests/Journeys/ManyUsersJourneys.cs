using Browser.Tests.Pages;
using Browser.Tests.Support;
using Microsoft.Playwright;
using Tests.Support;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Browser.Tests.Journeys;

/// <summary>Resetting the MFA of more people than one page shows.</summary>
public sealed class ManyUsersJourneys(Chromium chromium) : Journey
{
    [Fact]
    public async Task Whoever_is_selected_on_one_page_stays_selected_on_the_others()
    {
        await using var stage = await ConsoleStage.StartAsync(chromium);
        await stage.CreateManyAsync(60);
        var root = await stage.EnterConsoleAsync();
        await root.FollowAsync("Users");

        await root.Page.GetByLabel("Select person-03@example.test").CheckAsync();
        await root.SeesAsync("1 selected");
        await root.FollowAsync("Next");
        await Expect(root.Page.GetByLabel("Select person-51@example.test")).Not.ToBeCheckedAsync();
        await root.SeesAsync("1 selected");
        await root.Page.GetByLabel("Select person-55@example.test").CheckAsync();
        await root.SeesAsync("2 selected");
        await root.CheckAsync("users-selected-second-page");
        await root.FollowAsync("Previous");
        await Expect(root.Page.GetByLabel("Select person-03@example.test")).ToBeCheckedAsync();
        await Expect(root.Page.GetByRole(AriaRole.Checkbox, new() { Checked = true })).ToHaveCountAsync(1);

        // A filter that was typed changes the list in place, and takes nobody out. It does so once: to turn from the
        // field to a menu must not change the list again, and the menu with it.
        await root.Page.GetByLabel("Search").FillAsync("person-55");
        await root.SeesAsync("1 person");
        await Expect(root.Page.GetByLabel("Select person-55@example.test")).ToBeCheckedAsync();
        await root.SeesAsync("2 selected");

        await UserList.ChooseForSelectedAsync(root, "Reset MFA");
        var dialog = UserList.ResetDialog(root);
        await Expect(dialog.Locator(".chosen")).ToHaveTextAsync("person-03@example.test, person-55@example.test");
        await dialog.GetByLabel("Reason").FillAsync("New phones");
        await ResetAsync(dialog);
        await root.SeesAsync("The MFA of 2 people is being reset.");
        await stage.Provider.DrainAsync();
        await root.SeesAsync("2 of 2");

        // What was done is done: the next choice begins anew.
        await root.GoAsync("/admin/users");
        await Expect(root.Page.GetByRole(AriaRole.Checkbox, new() { Checked = true })).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task All_that_match_a_filter_are_reset_and_nobody_else()
    {
        await using var stage = await ConsoleStage.StartAsync(chromium);
        await stage.CreateManyAsync(55);
        await stage.Provider.CreateAccountAsync("ada@example.test");
        var root = await stage.EnterConsoleAsync();
        await root.FollowAsync("Users");
        await root.Page.GetByLabel("Search").FillAsync("person");
        await root.SeesAsync("55 people");

        await root.Page.GetByLabel("Select person-01@example.test").CheckAsync();
        await root.Page.GetByLabel("All that match this filter (55 people)").CheckAsync();
        await root.SeesAsync("All that match are selected");
        await root.CheckAsync("users-all-selected");
        await UserList.ChooseForSelectedAsync(root, "Reset MFA");
        var dialog = UserList.ResetDialog(root);
        await Expect(dialog).ToContainTextAsync("and 50 others");
        await dialog.GetByLabel("Reason").FillAsync("New phones for all");
        await ResetAsync(dialog);
        await root.SeesAsync("The MFA of 55 people is being reset.");
        await stage.Provider.DrainAsync();
        await root.SeesAsync("55 of 55");
        await root.CheckAsync("batch-of-all");

        var report = await ReportAsync(root);
        Assert.Equal(
            Enumerable.Range(1, 55).Select(i => $"person-{i:00}@example.test"),
            report.Select(r => r[1]).Order(StringComparer.Ordinal)
        );
        Assert.All(report, r => Assert.Equal("Reset", r[2]));
        await root.GoAsync("/admin/users?mfa=InEnrollment");
        await root.SeesAsync("55 people");
    }

    [Fact]
    public async Task Deadlines_are_spread_over_the_days_that_the_dialog_names()
    {
        await using var stage = await ConsoleStage.StartAsync(chromium);
        await stage.CreateManyAsync(4);
        var root = await stage.EnterConsoleAsync();
        await root.GoAsync("/admin/users?q=person");
        await root.Page.GetByLabel("Select person-01@example.test").CheckAsync();
        await root.Page.GetByLabel("All that match this filter").CheckAsync();
        await UserList.ChooseForSelectedAsync(root, "Reset MFA");

        var dialog = UserList.ResetDialog(root);
        await dialog.GetByLabel("Enrollment period in days").FillAsync("10");
        await Expect(dialog).ToContainTextAsync("Sign-in works without it until in 10 days");
        await Expect(dialog).Not.ToContainTextAsync("the last until");
        await dialog.GetByLabel("Spread the deadlines").FillAsync("3");
        await Expect(dialog).ToContainTextAsync("the last until in 13 days");
        await root.CheckAsync("users-reset-mfa-spread");
        await dialog.GetByLabel("Reason").FillAsync("New phones");
        await ResetAsync(dialog);
        await root.SeesHeadingAsync("MFA reset of many people");
        await stage.Provider.DrainAsync();
        await root.SeesAsync("4 of 4");

        await root.GoAsync("/admin/users?q=person&cols=Mfa.EnrollUntil");
        for (var days = 10; days <= 13; days++)
        {
            await Expect(root.Page.GetByRole(AriaRole.Row).Filter(new() { HasText = $"in {days} days" }))
                .ToHaveCountAsync(1);
        }

        await root.CheckAsync("users-spread");
    }

    [Fact]
    public async Task A_job_is_stopped_and_resumed_by_somebody_who_left_its_page_meanwhile()
    {
        var job = new HeldJob(after: 3);
        await using var stage = await ConsoleStage.StartAsync(
            chromium,
            services => HookedAccounts.Register(services, job.BeforeAsync)
        );
        job.ActorId = await stage.RootIdAsync();
        await stage.CreateManyAsync(6);
        var root = await stage.EnterConsoleAsync();
        await root.GoAsync("/admin/users/reset-mfa?all=1&q=person");
        await root.FillAsync("Reason", "New phones");
        await root.PressAsync("reset");
        await root.SeesAsync("0 of 6");

        // The page is left while the job runs, found again in the list, and shows what has happened since.
        await root.GoAsync("/admin/users");
        var work = await job.BeginAsync(stage);
        await OpenAgainAsync(root, "Resetting MFA");
        await root.SeesAsync("3 of 6");
        await root.CheckAsync("batch-running");
        await root.PressAsync("Stop");
        await root.SeesAsync("Stopped. Nobody else is reset until you resume.");
        job.Release();
        await work;

        await OpenAgainAsync(root, "Stopped");
        await root.SeesAsync("3 of 6");
        await root.CheckAsync("batch-stopped");
        await Expect(root.Page.GetByRole(AriaRole.Button, new() { Name = "Stop", Exact = true })).ToHaveCountAsync(0);
        Assert.Equal(
            ["Reset", "Reset", "Reset", "Waiting", "Waiting", "Waiting"],
            (await ReportAsync(root)).Select(r => r[2])
        );
        await root.PressAsync("Resume");
        await root.SeesAsync("It goes on.");
        await root.GoAsync("/admin/users");
        await stage.Provider.DrainAsync();

        await OpenAgainAsync(root, "Done");
        await root.SeesAsync("6 of 6");
        var report = await ReportAsync(root);
        Assert.Equal(6, report.Select(r => r[1]).Distinct().Count());
        Assert.All(report, r => Assert.Equal("Reset", r[2]));
        await root.GoAsync("/admin/users?q=person-01");
        await root.FollowAsync("person-01@example.test");
        await Expect(root.Page.Locator(".timeline").GetByText("New phones")).ToHaveCountAsync(2);
    }

    private static Task ResetAsync(ILocator dialog) =>
        dialog.GetByRole(AriaRole.Button, new() { Name = "reset", Exact = true }).ClickAsync();

    // From the list of people, as somebody who comes back.
    private static async Task OpenAgainAsync(Person root, string state)
    {
        await root.GoAsync("/admin/users");
        await root.FollowAsync("Resets of many");
        await root.Page.GetByRole(AriaRole.Row).Filter(new() { HasText = state }).GetByRole(AriaRole.Link).ClickAsync();
        await root.SeesHeadingAsync("MFA reset of many people");
    }

    private static async Task<IReadOnlyList<string[]>> ReportAsync(Person root)
    {
        var report = await root.Page.RunAndWaitForDownloadAsync(() => root.PressAsync("Download the report"));
        var lines = await File.ReadAllLinesAsync(await report.PathAsync(), TestContext.Current.CancellationToken);
        Assert.Equal("id,person,outcome,at,enroll_until", lines[0]);
        return [.. lines.Skip(1).Select(l => l.Split(','))];
    }
}
