using IdP.Recovery.Audit;
using IdP.Recovery.MfaReset;
using Microsoft.EntityFrameworkCore;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Pages;

/// <summary>The dialog that resets the MFA of many, and what becomes of it.</summary>
public sealed class ResetMfaPageTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_reset_of_many_is_told_forgets_the_choice_and_is_found_again()
    {
        await using var host = await ConsoleHost.StartAsync();
        var ids = await host.AddPeopleAsync(3);
        using var root = await host.EnterAsync();
        var dialog = await root.GetAsync(
            $"/admin/users/reset-mfa?ids={string.Join('.', ids.Select(ManyPeople.Short))}"
        );

        var progress = await root.FollowAsync(await root.SubmitAsync(dialog, ("Why", "New phones"), ("Days", "7")));

        Assert.Contains("The MFA of 3 people is being reset.", progress.Text);
        Assert.NotNull(progress.Document.QuerySelector("[data-choice-done=true]"));
        var again = await root.GetAsync("/admin/users");
        Assert.Null(again.Document.QuerySelector("[data-choice-done=true]"));
        var all = await root.GetAsync("/admin/users/batches");
        Assert.Equal(progress.Address.AbsolutePath, all.Document.QuerySelector("tbody a")!.GetAttribute("href"));
        Assert.Contains("New phones", all.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_told_is_taken_by_the_page_that_shows_it_and_by_no_preview_on_its_way()
    {
        await using var host = await ConsoleHost.StartAsync();
        var ids = await host.AddPeopleAsync(2);
        using var root = await host.EnterAsync();
        var dialog = await root.GetAsync(
            $"/admin/users/reset-mfa?ids={string.Join('.', ids.Select(ManyPeople.Short))}"
        );

        var preview = await root.SubmitAsync(dialog, ("Why", "New phones"), ("Days", "7"), ("Preview", "true"));
        var done = await root.SubmitAsync(dialog, ("Why", "New phones"), ("Days", "7"));
        var shown = await root.FollowAsync(done);

        Assert.Null(ToldBy(dialog));
        Assert.Null(ToldBy(preview));
        Assert.NotNull(ToldBy(done));
        Assert.Contains("expires=Thu, 01 Jan 1970", ToldBy(shown)!, StringComparison.Ordinal);
    }

    private static string? ToldBy(TestPage page) =>
        page.Response.Headers.TryGetValues("Set-Cookie", out var cookies)
            ? cookies.SingleOrDefault(c => c.Contains("TempData", StringComparison.Ordinal))
            : null;

    [Fact]
    public async Task Whom_nobody_has_looked_at_is_not_reset()
    {
        await using var host = await ConsoleHost.StartAsync();
        var ids = await host.AddPeopleAsync(3);
        using var root = await host.EnterAsync();
        var dialog = await root.GetAsync("/admin/users/reset-mfa?all=1&q=person-");
        await using var context = host.Database.OpenContext();
        await context
            .Users.Where(u => u.Id == ids[2])
            .ExecuteUpdateAsync(
                set =>
                    set.SetProperty(u => u.NormalizedEmail, "LEFT@EXAMPLE.TEST")
                        .SetProperty(u => u.Email, "left@example.test"),
                Cancelled
            );

        var told = await root.SubmitAsync(dialog, ("Why", "New phones"), ("Days", "7"));

        Assert.Equal(400, (int)told.Status);
        Assert.Contains("others match: 2 now", told.Text, StringComparison.Ordinal);
        Assert.Empty(await context.Set<MfaResetBatch>().ToListAsync(Cancelled));
        var progress = await root.FollowAsync(await root.SubmitAsync(told, ("Why", "New phones"), ("Days", "7")));
        Assert.Contains("The MFA of 2 people is being reset.", progress.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_asks_for_progress_gets_the_buttons_too_once_they_are_others()
    {
        await using var host = await ConsoleHost.StartAsync();
        var ids = await host.AddPeopleAsync(2);
        using var root = await host.EnterAsync();
        var dialog = await root.GetAsync(
            $"/admin/users/reset-mfa?ids={ManyPeople.Short(ids[0])}.{ManyPeople.Short(ids[1])}"
        );
        var page = await root.FollowAsync(await root.SubmitAsync(dialog, ("Why", "New phones"), ("Days", "7")));
        var poll = page.Document.QuerySelector("#progress")!.GetAttribute("hx-get")!;

        var before = await root.GetAsync(poll);
        await host.DrainAsync();
        var after = await root.GetAsync(poll);

        Assert.False(before.Response.Headers.Contains("HX-Retarget"));
        Assert.Equal("#batch", Assert.Single(after.Response.Headers.GetValues("HX-Retarget")));
        Assert.Null(after.Document.QuerySelector("#batch-stop"));
    }

    [Fact]
    public async Task Whoever_takes_the_report_of_a_reset_of_many_is_in_the_audit()
    {
        await using var host = await ConsoleHost.StartAsync();
        var ids = await host.AddPeopleAsync(2);
        using var root = await host.EnterAsync();
        var dialog = await root.GetAsync(
            $"/admin/users/reset-mfa?ids={ManyPeople.Short(ids[0])}.{ManyPeople.Short(ids[1])}"
        );
        var page = await root.FollowAsync(await root.SubmitAsync(dialog, ("Why", "New phones"), ("Days", "7")));

        var report = await root.SubmitAsync(
            page,
            page.Document.Forms.Single(f => f.QuerySelector("#batch-report") is not null)
        );

        Assert.Contains("person-001@example.test,Waiting", report.Text, StringComparison.Ordinal);
        await using var context = host.Database.OpenContext();
        Assert.Equal(
            page.Address.AbsolutePath.Split('/')[^1],
            (
                await context.Set<AuditEvent>().SingleAsync(e => e.Type == AuditEventTypes.BatchExported, Cancelled)
            ).SubjectId
        );
    }
}
