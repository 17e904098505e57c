using System.Net;
using System.Net.Http.Headers;
using AngleSharp.Html.Dom;
using IdentityProvider.Accounts;
using IdentityProvider.Data;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using IdP.Recovery.MfaReset;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Pages;

/// <summary>The list of users, who is chosen in it, and what is done to them.</summary>
public sealed class UsersPageTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task As_many_people_as_can_be_chosen_are_still_chosen_after_a_fresh_proof()
    {
        await using var host = await ConsoleHost.StartAsync();
        var ids = await AddAsync(host, 150);
        using var root = await host.EnterAsync();
        host.Time.Advance(TimeSpan.FromMinutes(6));
        var list = Uri.EscapeDataString("/admin/users?q=person&mfa=NotRequired&state=active");

        var prove = await root.OpenAsync(
            $"/admin/users/suspend?ids={string.Join('.', ids.Select(Short))}&ReturnUrl={list}"
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
        var ids = await AddAsync(host, 2);
        using var root = await host.EnterAsync();
        var dialog = await root.GetAsync($"/admin/users/suspend?ids={Short(ids[0])}.{Short(ids[1])}");
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
        await AddAsync(host, 1_001);
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
    public async Task A_reset_of_many_is_told_forgets_the_choice_and_is_found_again()
    {
        await using var host = await ConsoleHost.StartAsync();
        var ids = await AddAsync(host, 3);
        using var root = await host.EnterAsync();
        var dialog = await root.GetAsync($"/admin/users/reset-mfa?ids={string.Join('.', ids.Select(Short))}");

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
    public async Task Whom_nobody_has_looked_at_is_not_reset()
    {
        await using var host = await ConsoleHost.StartAsync();
        var ids = await AddAsync(host, 3);
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
        var ids = await AddAsync(host, 2);
        using var root = await host.EnterAsync();
        var dialog = await root.GetAsync($"/admin/users/reset-mfa?ids={Short(ids[0])}.{Short(ids[1])}");
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
        var ids = await AddAsync(host, 2);
        using var root = await host.EnterAsync();
        var dialog = await root.GetAsync($"/admin/users/reset-mfa?ids={Short(ids[0])}.{Short(ids[1])}");
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

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_file_holds_whom_the_filter_takes(DatabaseProvider provider)
    {
        await using var host = await ConsoleHost.StartAsync(provider);
        await AddAsync(host, 3);
        using var root = await host.EnterAsync();
        var list = await root.GetAsync("/admin/users?q=person-001");

        var file = await root.SubmitAsync(list, (IHtmlFormElement)list.Document.GetElementById("export")!);

        Assert.Equal(2, file.Text.Trim().Split('\n').Length);
        Assert.Contains("person-001@example.test", file.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Columns_stand_in_the_address_and_heads_say_how_the_list_is_sorted()
    {
        await using var host = await ConsoleHost.StartAsync();
        await AddAsync(host, 1);
        using var root = await host.EnterAsync();

        var usual = await root.GetAsync("/admin/users");
        var own = await root.GetAsync("/admin/users?cols=Created.Group&sort=Created");

        Assert.Equal(["Person", "MFA status", "Account", "Last sign-in"], Heads(usual));
        Assert.Equal(["Person", "Group", "Created"], Heads(own));
        Assert.Equal("Person", Sorted(usual, "ascending"));
        Assert.Equal("Created", Sorted(own, "descending"));
        Assert.Contains(
            "/admin/users?sort=Created&cols=Group",
            own.Document.QuerySelectorAll(".table-tools a").Select(a => a.GetAttribute("href"))
        );
    }

    [Fact]
    public async Task One_can_turn_a_page_back()
    {
        await using var host = await ConsoleHost.StartAsync();
        await AddAsync(host, 120);
        using var root = await host.EnterAsync();
        var first = await root.GetAsync("/admin/users?q=person");
        var second = await root.GetAsync(Link(first, "next")!);
        var third = await root.GetAsync(Link(second, "next")!);

        var back = await root.GetAsync(Link(third, "prev")!);
        var start = await root.GetAsync(Link(back, "prev")!);

        Assert.Null(Link(first, "prev"));
        Assert.Null(Link(third, "next"));
        Assert.Equal(People(second), People(back));
        Assert.Equal(People(first), People(start));
        Assert.Null(Link(start, "prev"));
    }

    [Fact]
    public async Task Who_may_not_is_told_so_and_not_sent_to_sign_in_again()
    {
        await using var host = await ConsoleHost.StartAsync();
        await AddAsync(host, 1);
        foreach (var role in new[] { ConsoleRoles.HelpDesk, ConsoleRoles.Auditor })
        {
            await host.CreateAccountAsync($"{role}@example.test");
            await host.InScopeAsync(async p =>
            {
                var users = p.GetRequiredService<UserManager<Account>>();
                var roles = p.GetRequiredService<RoleManager<IdentityRole>>();
                if (!await roles.RoleExistsAsync(role))
                {
                    await roles.CreateAsync(new IdentityRole(role));
                }

                var user = await users.FindByEmailAsync($"{role}@example.test");
                return await users.AddToRoleAsync(user!, role);
            });
            using var browser = await host.EnterAsync($"{role}@example.test");
            foreach (var action in new[] { "unlock", "send-reset", "extend", "suspend", "activate" })
            {
                var may = role == ConsoleRoles.HelpDesk && action is ("unlock" or "send-reset");
                Assert.Equal(
                    may ? HttpStatusCode.OK : HttpStatusCode.Forbidden,
                    (await browser.GetAsync($"/admin/users/{action}?q=person&all=1")).Status
                );
            }
        }
    }

    [Fact]
    public async Task A_suspension_can_be_undone_by_one_press()
    {
        await using var host = await ConsoleHost.StartAsync();
        var id = Assert.Single(await AddAsync(host, 1));
        using var root = await host.EnterAsync();
        var dialog = await root.GetAsync($"/admin/users/suspend?ids={Short(id)}");
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

    [Fact]
    public async Task A_full_page_of_long_names_weighs_less_than_100_kB()
    {
        await using var host = await ConsoleHost.StartAsync();
        await AddAsync(host, 60, i => $"Maximiliane-Friederike {i:000} von und zu Hohenstein");
        using var root = await host.EnterAsync();
        var page = await PageWeight.OfAsync(root, "/admin/users");

        Assert.Equal(50, page.Document.QuerySelectorAll("tbody tr").Length);
        Assert.InRange(page.Bytes, 20_000, 100_000);
    }

    /// <summary>BREACH: an answer that another site has caused is as long as it is.</summary>
    [Theory]
    [InlineData("same-origin", "/admin/users", true)]
    [InlineData("none", "/admin/users", true)]
    [InlineData("cross-site", "/admin/users", false)]
    [InlineData("same-site", "/admin/users", false)]
    [InlineData(null, "/admin/users", false)]
    [InlineData("same-origin", "/account", false)]
    public async Task Only_what_the_console_asks_for_itself_is_compressed(string? site, string path, bool compressed)
    {
        await using var host = await ConsoleHost.StartAsync();
        using var root = await host.EnterAsync();
        root.Client.DefaultRequestHeaders.AcceptEncoding.Add(new StringWithQualityHeaderValue("gzip"));
        if (site is not null)
        {
            root.Client.DefaultRequestHeaders.Add("Sec-Fetch-Site", site);
        }

        var answer = await root.Client.GetAsync(new Uri(path, UriKind.Relative), Cancelled);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(compressed, answer.Content.Headers.ContentEncoding.Contains("gzip"));
    }

    private static string Short(string id) =>
        System.Buffers.Text.Base64Url.EncodeToString(Guid.Parse(id).ToByteArray(bigEndian: true));

    private static IHtmlFormElement FormTo(TestPage page, string action)
    {
        var form = page.Document.Forms.Single(f => f.Elements["Why"] is not null);
        form.SetAttribute("action", action);
        return form;
    }

    private static List<string> Heads(TestPage page) =>
        [.. page.Document.QuerySelectorAll("thead th[scope=col]").Select(h => h.TextContent.Trim())];

    private static string? Sorted(TestPage page, string how) =>
        page.Document.QuerySelector($"thead th[aria-sort={how}]")?.TextContent.Trim();

    private static string? Link(TestPage page, string rel) =>
        page.Document.QuerySelector($".pager a[rel={rel}]")?.GetAttribute("href");

    private static List<string> People(TestPage page) =>
        [.. page.Document.QuerySelectorAll("tbody th a").Select(a => a.TextContent)];

    private static async Task<List<string>> AddAsync(ProviderFixture host, int count, Func<int, string?>? name = null)
    {
        await using var context = host.Database.OpenContext();
        var people = Enumerable
            .Range(0, count)
            .Select(i => new Account
            {
                UserName = $"person-{i:000}@example.test",
                NormalizedUserName = $"PERSON-{i:000}@EXAMPLE.TEST",
                Email = $"person-{i:000}@example.test",
                NormalizedEmail = $"PERSON-{i:000}@EXAMPLE.TEST",
                EmailConfirmed = true,
                SecurityStamp = i.ToString(System.Globalization.CultureInfo.InvariantCulture),
                DisplayName = name?.Invoke(i),
            })
            .ToList();
        context.AddRange(people);
        await context.SaveChangesAsync(Cancelled);
        return people.ConvertAll(p => p.Id);
    }
}
