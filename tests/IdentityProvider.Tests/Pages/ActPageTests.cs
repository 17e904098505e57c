using System.Net;
using AngleSharp.Html.Dom;
using IdentityProvider.Accounts;
using IdentityProvider.Data;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using IdP.Recovery.Enrollment;
using IdP.Recovery.Lockout;
using Microsoft.AspNetCore.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Pages;

/// <summary>What the console does to people, one or many.</summary>
public sealed class ActPageTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task As_many_people_as_can_be_chosen_are_still_chosen_after_a_fresh_proof()
    {
        await using var host = await ConsoleHost.StartAsync();
        var ids = await host.AddPeopleAsync(150);
        using var root = await host.EnterAsync();
        host.Time.Advance(TimeSpan.FromMinutes(6));
        var list = Uri.EscapeDataString("/admin/users?q=person&mfa=NotRequired&state=active");

        var prove = await root.OpenAsync(
            $"/admin/users/suspend?ids={string.Join('.', ids.Select(ManyPeople.Short))}&ReturnUrl={list}"
        );
        Assert.Equal("Confirm that it is you", prove.Heading);
        var dialog = await root.FollowAsync(await root.SubmitAsync(prove, ("Password", ProviderFixture.GoodPassword)));

        Assert.Equal("Suspend these accounts?", dialog.Heading);
        Assert.Contains("and 145 others", dialog.Text, StringComparison.Ordinal);
        var done = await root.SubmitAsync(dialog, ("Why", "Left"));
        Assert.EndsWith(
            "/admin/users?q=person&mfa=NotRequired&state=active",
            done.RedirectsTo,
            StringComparison.Ordinal
        );
        Assert.Contains("Suspended: 150. Left out: 0.", (await root.FollowAsync(done)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_form_that_comes_too_late_keeps_its_people_and_says_that_it_is_lost()
    {
        await using var host = await ConsoleHost.StartAsync();
        var ids = await host.AddPeopleAsync(2);
        using var root = await host.EnterAsync();
        var dialog = await root.GetAsync(
            $"/admin/users/suspend?ids={ManyPeople.Short(ids[0])}.{ManyPeople.Short(ids[1])}"
        );
        host.Time.Advance(TimeSpan.FromMinutes(6));

        var prove = await root.FollowAsync(await root.SubmitAsync(dialog, ("Why", "Left")));
        var again = await root.FollowAsync(await root.SubmitAsync(prove, ("Password", ProviderFixture.GoodPassword)));

        Assert.Contains("nothing was changed", prove.Text, StringComparison.Ordinal);
        Assert.Equal("Suspend these accounts?", again.Heading);
        Assert.Contains("person-000", again.Text, StringComparison.Ordinal);
        Assert.Contains("person-001", again.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Part_of_those_who_match_never_passes_for_all_of_them()
    {
        await using var host = await ConsoleHost.StartAsync(settings: [("AccountRecovery:MfaReset:MaxPeople", "2")]);
        await host.AddPeopleAsync(1_001);
        using var root = await host.EnterAsync();

        foreach (var (page, most) in new[] { ("reset-mfa", "2"), ("suspend", "1,000") })
        {
            var dialog = await root.GetAsync($"/admin/users/{page}?q=person&all=1");
            Assert.Contains($"More than {most} people match", dialog.Text, StringComparison.Ordinal);
            Assert.Null(dialog.Document.QuerySelector(".button-danger"));
        }

        // What is sent all the same, as by a page that is older than the people.
        var form = await root.GetAsync("/admin/users/suspend?q=person-000&all=1");
        var refused = await root.SubmitAsync(
            form,
            FormTo(form, "/admin/users/suspend?q=person&all=1"),
            ("Why", "Left")
        );
        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.Contains("More than 1,000 people match", refused.Text, StringComparison.Ordinal);
        await using var context = host.Database.OpenContext();
        Assert.False(await context.Set<Account>().AnyAsync(a => a.SuspendedAt != null, Cancelled));
    }

    [Fact]
    public async Task A_suspension_can_be_undone_by_one_press()
    {
        await using var host = await ConsoleHost.StartAsync();
        var id = Assert.Single(await host.AddPeopleAsync(1));
        using var root = await host.EnterAsync();
        var dialog = await root.GetAsync($"/admin/users/suspend?ids={ManyPeople.Short(id)}");
        var told = await root.FollowAsync(await root.SubmitAsync(dialog, ("Why", "Left")));

        var undone = await root.FollowAsync(
            await root.SubmitAsync(told, (IHtmlFormElement)told.Document.QuerySelector(".toast form")!)
        );

        Assert.Contains("is active again", undone.Text, StringComparison.Ordinal);
        Assert.Contains(
            "/admin/users/suspend?ids=",
            undone.Document.QuerySelector(".toast a")!.GetAttribute("href"),
            StringComparison.Ordinal
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task What_was_begun_for_many_is_done_to_all_of_them_also_when_the_page_is_closed(
        DatabaseProvider provider
    )
    {
        var hangsUp = new HangsUpAtTheFirst();
        await using var host = await ConsoleHost.StartAsync(
            provider,
            services: s =>
            {
                s.AddSingleton<IStartupFilter>(hangsUp);
                s.ConfigureDbContext<SqliteIdpDbContext>(o => o.AddInterceptors(hangsUp));
                s.ConfigureDbContext<PostgreSqlIdpDbContext>(o => o.AddInterceptors(hangsUp));
            }
        );
        var ids = await host.AddPeopleAsync(12);
        using var root = await host.EnterAsync();
        var dialog = await root.GetAsync($"/admin/users/suspend?ids={string.Join('.', ids.Select(ManyPeople.Short))}");

        await Assert.ThrowsAsync<HttpRequestException>(() => root.SubmitAsync(dialog, ("Why", "Left")));

        await hangsUp.Ended;
        await using var context = host.Database.OpenContext();
        Assert.Equal(12, await context.Users.CountAsync(u => u.SuspendedAt != null, Cancelled));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task One_who_cannot_be_done_keeps_nobody_else_from_their_turn(DatabaseProvider provider)
    {
        var fails = new FailsForOne();
        await using var host = await ConsoleHost.StartAsync(
            provider,
            services: s =>
            {
                s.ConfigureDbContext<SqliteIdpDbContext>(o => o.AddInterceptors(fails));
                s.ConfigureDbContext<PostgreSqlIdpDbContext>(o => o.AddInterceptors(fails));
            }
        );
        var ids = await host.AddPeopleAsync(3);
        fails.AccountId = ids[0];
        using var root = await host.EnterAsync();
        var dialog = await root.GetAsync($"/admin/users/suspend?ids={string.Join('.', ids.Select(ManyPeople.Short))}");

        var done = await root.FollowAsync(await root.SubmitAsync(dialog, ("Why", "Left")));

        Assert.Contains("Suspended: 2. Left out: 1.", done.Text, StringComparison.Ordinal);
        await using var context = host.Database.OpenContext();
        Assert.Equal(
            ids.Skip(1).Order(StringComparer.Ordinal),
            await context.Users.Where(u => u.SuspendedAt != null).Select(u => u.Id).Order().ToListAsync(Cancelled)
        );
        Assert.Equal(
            2,
            await context.Set<AuditEvent>().CountAsync(e => e.Type == AuditEventTypes.AccountSuspended, Cancelled)
        );
    }

    [Theory]
    [InlineData("reset-mfa", "0")]
    [InlineData("reset-mfa", "366")]
    [InlineData("reset-mfa", "-1")]
    [InlineData("reset-mfa", "1.5")]
    [InlineData("reset-mfa", "seven")]
    [InlineData("extend", "0")]
    [InlineData("extend", "366")]
    [InlineData("extend", "1,5")]
    [InlineData("extend", "")]
    public async Task A_period_out_of_range_is_told_at_its_field_and_nothing_is_done(string action, string days)
    {
        await using var host = await ConsoleHost.StartAsync();
        var ids = await host.AddPeopleAsync(1);
        using var root = await host.EnterAsync();
        var dialog = await root.GetAsync($"/admin/users/{action}?ids={ManyPeople.Short(ids[0])}");

        var told = await root.SubmitAsync(dialog, ("Why", "New phones"), ("Days", days));

        Assert.Equal(HttpStatusCode.BadRequest, told.Status);
        Assert.Equal("true", told.Document.GetElementById("Days")?.GetAttribute("aria-invalid"));
        await using var context = host.Database.OpenContext();
        Assert.Empty(await context.Set<MfaEnrollment>().ToListAsync(Cancelled));
    }

    [Fact]
    public async Task Whoever_is_gone_before_it_is_done_is_counted_as_left_out()
    {
        await using var host = await ConsoleHost.StartAsync();
        var ids = await host.AddPeopleAsync(3);
        using var root = await host.EnterAsync();
        var dialog = await root.GetAsync($"/admin/users/suspend?ids={string.Join('.', ids.Select(ManyPeople.Short))}");
        await using var context = host.Database.OpenContext();
        await context.Users.Where(u => u.Id == ids[1]).ExecuteDeleteAsync(Cancelled);

        var done = await root.FollowAsync(await root.SubmitAsync(dialog, ("Why", "Left")));

        Assert.Contains("Suspended: 2. Left out: 1.", done.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("suspend")]
    [InlineData("unlock")]
    [InlineData("reset-mfa")]
    public async Task A_forged_id_names_nobody(string action)
    {
        await using var host = await ConsoleHost.StartAsync();
        var ids = await host.AddPeopleAsync(1);
        using var root = await host.EnterAsync();
        var dialog = await root.GetAsync($"/admin/users/{action}?ids={ManyPeople.Short(ids[0])}");
        foreach (var forged in new[] { "00000000000000000000000000000000", "'--", "..", new string('a', 2_000) })
        {
            var told = await root.SubmitAsync(
                dialog,
                FormTo(dialog, $"/admin/users/{action}?ids={Uri.EscapeDataString(forged)}"),
                ("Why", "x"),
                ("Days", "7")
            );

            Assert.Equal(HttpStatusCode.BadRequest, told.Status);
        }

        await using var context = host.Database.OpenContext();
        Assert.Equal(0, await context.Users.CountAsync(u => u.SuspendedAt != null, Cancelled));
    }

    [Theory]
    [InlineData("suspend")]
    [InlineData("activate")]
    [InlineData("unlock")]
    [InlineData("send-reset")]
    [InlineData("extend")]
    [InlineData("reset-mfa")]
    public async Task A_form_without_its_token_does_nothing(string action)
    {
        await using var host = await ConsoleHost.StartAsync();
        var ids = await host.AddPeopleAsync(1);
        using var root = await host.EnterAsync();
        var before = await EventsAsync(host);

        using var form = new FormUrlEncodedContent(
            new Dictionary<string, string>
            {
                ["Why"] = "x",
                ["Days"] = "7",
                ["Totp"] = "true",
            }
        );
        var answer = await root.Client.PostAsync(
            new Uri($"/admin/users/{action}?ids={ManyPeople.Short(ids[0])}", UriKind.Relative),
            form,
            Cancelled
        );

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(before, await EventsAsync(host));
    }

    [Fact]
    public async Task An_administrator_is_asked_whether_to_open_what_its_owner_has_closed()
    {
        await using var host = await ConsoleHost.StartAsync();
        var ids = await host.AddPeopleAsync(1);
        await host.InScopeAsync(async p =>
        {
            await p.GetRequiredService<IAccountLocks>().CloseUntilResetAsync(ids[0], Cancelled);
            return true;
        });
        await host.CreateWithRoleAsync("desk@example.test", ConsoleRoles.HelpDesk);
        var path = $"/admin/users/unlock?ids={ManyPeople.Short(ids[0])}";
        using var desk = await host.EnterAsync("desk@example.test");
        Assert.Null((await desk.GetAsync(path)).Document.QuerySelector("[name=Reopen]"));
        using var root = await host.EnterAsync();
        var dialog = await root.GetAsync(path);

        var unsaid = await root.SubmitAsync(dialog, ("Reopen", "true"), ("Why", ""));
        Assert.Equal(HttpStatusCode.BadRequest, unsaid.Status);
        Assert.Contains("Give a reason", unsaid.Text, StringComparison.Ordinal);
        var done = await root.SubmitAsync(unsaid, ("Reopen", "true"), ("Why", "It was her"));

        Assert.NotNull(done.RedirectsTo);
        await using var context = host.Database.OpenContext();
        Assert.Null((await context.Users.SingleAsync(u => u.Id == ids[0], Cancelled)).LockoutEnd);
    }

    private static async Task<int> EventsAsync(ProviderFixture host)
    {
        await using var context = host.Database.OpenContext();
        return await context.Set<AuditEvent>().CountAsync(Cancelled);
    }

    private static IHtmlFormElement FormTo(TestPage page, string action)
    {
        var form = page.Document.Forms.Single(f => f.Elements["Why"] is not null);
        form.SetAttribute("action", action);
        return form;
    }
}
