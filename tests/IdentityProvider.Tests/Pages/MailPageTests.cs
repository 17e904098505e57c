using System.Net;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using Microsoft.EntityFrameworkCore;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Pages;

/// <summary>The console's page of work that is not done.</summary>
public sealed class MailPageTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Where_nothing_is_left_undone_the_page_says_what_would_be_here()
    {
        await using var host = await ConsoleHost.StartAsync();
        using var root = await host.EnterAsync();

        var page = await root.GetAsync("/admin/mail");

        Assert.Equal(
            ["Nothing was given up on", "Nothing is waiting"],
            page.Document.QuerySelectorAll(".empty h3").Select(h => h.TextContent)
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task What_waits_and_what_was_given_up_is_shown_in_words(DatabaseProvider provider)
    {
        await using var host = await ConsoleHost.StartAsync(provider);
        await AddAsync(host, Failed(host, "password-reset.send", givenUp: true));
        await AddAsync(host, Failed(host, "lockout.notice", givenUp: false));
        using var root = await host.EnterAsync();
        using var german = await host.EnterAsync(language: "de");

        var page = await root.GetAsync("/admin/mail");
        var deutsch = await german.GetAsync("/admin/mail");

        Assert.Equal(
            ["given-up: Link to reset a password", "waiting: Notice of a lock"],
            page.Document.QuerySelectorAll("section")
                .Select(s =>
                    $"{s.QuerySelector("h2")!.Id}: {s.QuerySelector(".is-group th")!.FirstChild!.TextContent.Trim()}"
                )
        );
        Assert.Contains("The mail server could not be reached", page.Text, StringComparison.Ordinal);
        Assert.Contains("in 4 hours", page.Text, StringComparison.Ordinal);
        Assert.Contains("Hinweis auf eine Sperre", deutsch.Text, StringComparison.Ordinal);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task All_of_a_kind_is_tried_again_and_nothing_of_another(DatabaseProvider provider)
    {
        await using var host = await ConsoleHost.StartAsync(provider);
        for (var i = 0; i < 3; i++)
        {
            await AddAsync(host, Failed(host, "password-reset.send", givenUp: true));
        }

        await AddAsync(host, Failed(host, "lockout.notice", givenUp: true));
        using var root = await host.EnterAsync();
        var page = await root.GetAsync("/admin/mail");

        var after = await root.FollowAsync(await root.SubmitAsync(page, ("kind", "password-reset.send")));

        Assert.Contains("3 are tried again now.", after.Text, StringComparison.Ordinal);
        var entries = await EntriesAsync(host);
        Assert.All(
            entries.Where(e => e.Kind == "password-reset.send"),
            e =>
            {
                Assert.Null(e.GivenUpAt);
                Assert.Equal(0, e.Attempts);
                Assert.Equal(e.DueAt, e.RetriedAt);
            }
        );
        Assert.NotNull(entries.Single(e => e.Kind == "lockout.notice").GivenUpAt);
        await using var context = host.Database.OpenContext();
        var audited = await context
            .Set<AuditEvent>()
            .SingleAsync(e => e.Type == AuditEventTypes.WorkRetried, Cancelled);
        Assert.Equal("password-reset.send", audited.SubjectId);
        Assert.NotNull(audited.ActorId);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task What_waits_is_tried_now_without_being_given_more_time(DatabaseProvider provider)
    {
        await using var host = await ConsoleHost.StartAsync(provider);
        var entry = Failed(host, "lockout.notice", givenUp: false);
        await AddAsync(host, entry);
        using var root = await host.EnterAsync();

        await root.SubmitAsync(await root.GetAsync("/admin/mail"), ("id", entry.Id.ToString()));

        var tried = Assert.Single(await EntriesAsync(host));
        Assert.InRange(tried.DueAt, tried.CreatedAt, host.Time.GetUtcNow());
        Assert.Equal(entry.Attempts, tried.Attempts);
        Assert.Null(tried.RetriedAt);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task What_a_worker_holds_is_not_tried_beside_it(DatabaseProvider provider)
    {
        await using var host = await ConsoleHost.StartAsync(provider);
        var held = Failed(host, "lockout.notice", givenUp: false);
        held.DueAt = host.Time.GetUtcNow() + TimeSpan.FromSeconds(15);
        held.HeldBy = Guid.CreateVersion7();
        var waiting = Failed(host, "factor.notice", givenUp: false);
        await AddAsync(host, held);
        await AddAsync(host, waiting);
        using var root = await host.EnterAsync();
        var page = await root.GetAsync("/admin/mail");

        await root.SubmitAsync(page, ("id", held.Id.ToString()));

        Assert.Equal(
            [waiting.Id.ToString()],
            page.Document.QuerySelectorAll("input[name=id]").Select(i => i.GetAttribute("value"))
        );
        Assert.Equal(
            held.DueAt.ToUnixTimeMilliseconds(),
            (await EntriesAsync(host)).Single(e => e.Id == held.Id).DueAt.ToUnixTimeMilliseconds()
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Whose_mail_it_is_is_said_and_a_kind_is_read_page_by_page(DatabaseProvider provider)
    {
        await using var host = await ConsoleHost.StartAsync(provider);
        var ada = await host.CreateAccountAsync(with: a => a.DisplayName = "Ada Lovelace");
        using var browser = host.NewBrowser();
        await browser.SubmitAsync(await browser.GetAsync("/reset/user"), ("Email", ada.Email!));
        await host.DrainAsync();
        await using (var context = host.Database.OpenContext())
        {
            // The reset's own mail, as if the mail server had never taken it.
            await context
                .Set<OutboxEntry>()
                .Where(e => e.Kind == "password-reset.send")
                .ExecuteUpdateAsync(
                    set =>
                        set.SetProperty(e => e.DoneAt, (DateTimeOffset?)null)
                            .SetProperty(e => e.GivenUpAt, host.Time.GetUtcNow()),
                    Cancelled
                );
            context.AddRange(Enumerable.Range(0, 60).Select(_ => Failed(host, "signals.push", givenUp: true)));
            context.Add(Failed(host, "access.end", givenUp: true, subject: ada.Id));
            await context.SaveChangesAsync(Cancelled);
        }

        using var root = await host.EnterAsync();
        var all = await root.GetAsync("/admin/mail");
        var first = await root.GetAsync("/admin/mail?kind=signals.push&givenUp=true");
        var older = first.Document.QuerySelector(".pager a")!.GetAttribute("href")!;
        var second = await root.GetAsync(older);

        Assert.Equal(2, all.Document.QuerySelectorAll($"tbody th a[href='/admin/users/{ada.Id}']").Length);
        Assert.Equal(
            (50, 10),
            (
                first.Document.QuerySelectorAll("input[name=id]").Length,
                second.Document.QuerySelectorAll("input[name=id]").Length
            )
        );
        Assert.Null(second.Document.QuerySelector(".pager a"));
        Assert.Equal(
            60,
            first
                .Document.QuerySelectorAll("input[name=id]")
                .Concat(second.Document.QuerySelectorAll("input[name=id]"))
                .Select(i => i.GetAttribute("value"))
                .Distinct()
                .Count()
        );
    }

    [Fact]
    public async Task Every_kind_of_work_has_a_name_in_both_languages()
    {
        var kinds = new List<string>();
        await using var host = await ConsoleHost.StartAsync(services: services =>
            kinds.AddRange(
                services.Where(s => s.ServiceType == typeof(IOutboxHandler)).Select(s => s.ServiceKey).OfType<string>()
            )
        );
        foreach (var kind in kinds)
        {
            await AddAsync(host, Failed(host, kind, givenUp: true));
        }

        using var root = await host.EnterAsync();
        using var german = await host.EnterAsync(language: "de");
        var page = await root.GetAsync("/admin/mail");
        var deutsch = await german.GetAsync("/admin/mail");

        Assert.InRange(kinds.Count, 14, 100);
        Assert.Equal(kinds.Count, page.Document.QuerySelectorAll(".is-group th").Length);
        Assert.DoesNotContain(
            page.Document.QuerySelectorAll(".is-group th")
                .Concat(deutsch.Document.QuerySelectorAll(".is-group th"))
                .Select(h => h.FirstChild!.TextContent.Trim()),
            kinds.Contains
        );
    }

    [Fact]
    public async Task Who_only_reads_is_offered_nothing_to_try_again()
    {
        await using var host = await ConsoleHost.StartAsync();
        await AddAsync(host, Failed(host, "lockout.notice", givenUp: true));
        await AddAsync(host, Failed(host, "lockout.notice", givenUp: true));
        await host.CreateWithRoleAsync("auditor@example.test", ConsoleRoles.Auditor);
        using var auditor = await host.EnterAsync("auditor@example.test");
        using var root = await host.EnterAsync();

        var page = await auditor.GetAsync("/admin/mail");

        Assert.Contains("Notice of a lock", page.Text, StringComparison.Ordinal);
        Assert.Empty(page.Document.QuerySelectorAll("main form"));
        Assert.NotEmpty((await root.GetAsync("/admin/mail")).Document.QuerySelectorAll("main form"));
    }

    [Fact]
    public async Task A_retry_without_the_pages_token_is_refused()
    {
        await using var host = await ConsoleHost.StartAsync();
        var entry = Failed(host, "lockout.notice", givenUp: true);
        await AddAsync(host, entry);
        using var root = await host.EnterAsync();
        using var content = new FormUrlEncodedContent([new("id", entry.Id.ToString())]);

        using var answer = await root.Client.PostAsync(
            new Uri("/admin/mail?handler=Retry", UriKind.Relative),
            content,
            Cancelled
        );

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.NotNull(Assert.Single(await EntriesAsync(host)).GivenUpAt);
    }

    private static OutboxEntry Failed(ProviderFixture host, string kind, bool givenUp, string subject = "somebody")
    {
        var now = host.Time.GetUtcNow();
        return new()
        {
            Id = Guid.CreateVersion7(now),
            Kind = kind,
            Subject = subject,
            CreatedAt = now - TimeSpan.FromHours(27),
            DueAt = now + TimeSpan.FromHours(4),
            Attempts = 13,
            LastError = "SocketException",
            GivenUpAt = givenUp ? now - TimeSpan.FromHours(1) : null,
        };
    }

    private static async Task AddAsync(ProviderFixture host, OutboxEntry entry)
    {
        await using var context = host.Database.OpenContext();
        context.Add(entry);
        await context.SaveChangesAsync(Cancelled);
    }

    private static async Task<List<OutboxEntry>> EntriesAsync(ProviderFixture host)
    {
        await using var context = host.Database.OpenContext();
        return await context.Set<OutboxEntry>().AsNoTracking().ToListAsync(Cancelled);
    }
}
