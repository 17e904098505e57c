using System.Net;
using AngleSharp.Html.Dom;
using IdentityProvider.Data;
using IdentityProvider.Tests.Pages;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Audit;

/// <summary>The console's page of the audit.</summary>
public sealed class AuditPageTests
{
    private const string Root = "root@example.test";
    private const string Ada = "ada@example.test";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_administrator_reads_what_happened_in_sentences_and_narrows_it_down(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider);
        var ada = await host.CreateAccountAsync(Ada, with: a => a.DisplayName = "Ada Lovelace");
        await WriteAsync(host, ada.Id, AuditEventTypes.ResetSent);
        await WriteAsync(host, ada.Id, AuditEventTypes.Unlocked, "administrator", "<b>Lost</b> phone");
        using var browser = await SignInAsync(host);

        var all = await browser.GetAsync("/admin/audit");
        Assert.Equal(HttpStatusCode.OK, all.Status);
        Assert.Contains(
            Sentences(all),
            s => s.StartsWith("Ada Lovelace was sent a reset link", StringComparison.Ordinal)
        );
        Assert.Contains("&lt;b&gt;Lost&lt;/b&gt; phone", all.Text, StringComparison.Ordinal);
        Assert.Equal("page", all.Document.QuerySelector("nav a[href='/admin/audit']")?.GetAttribute("aria-current"));

        var some = await browser.GetAsync($"/admin/audit?type=account.&account={Ada}&reason=LOST");
        Assert.StartsWith(
            "The command line unlocked Ada Lovelace",
            Assert.Single(Sentences(some)),
            StringComparison.Ordinal
        );
        var chips = some.Document.QuerySelectorAll("a.chip").OfType<IHtmlAnchorElement>().ToList();
        Assert.Equal(3, chips.Count);
        var without = await browser.GetAsync(chips[0].GetAttribute("href")!);
        Assert.DoesNotContain("type=", without.Address.Query, StringComparison.Ordinal);
        Assert.Contains("reason=LOST", without.Address.Query, StringComparison.Ordinal);

        using var german = await SignInAsync(host, "de");
        Assert.Contains(
            Sentences(await german.GetAsync("/admin/audit?type=password-reset.")),
            s => s.StartsWith("Ada Lovelace hat einen Link zum Zurücksetzen bekommen", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task Older_leads_from_page_to_page_within_the_filter_and_newest_back()
    {
        await using var host = await StartAsync(DatabaseProvider.Sqlite);
        for (var i = 0; i < 120; i++)
        {
            host.Time.Advance(TimeSpan.FromSeconds(1));
            await WriteAsync(host, $"account-{i}", AuditEventTypes.FactorAdded, $"n{i}");
        }

        using var browser = await SignInAsync(host);
        var page = await browser.GetAsync("/admin/audit?type=factor.");
        var seen = Rows(page);
        for (var pages = 1; pages < 3; pages++)
        {
            page = await browser.GetAsync(Link(page, "Older"));
            seen = [.. seen, .. Rows(page)];
        }

        Assert.Equal(Enumerable.Range(0, 120).Reverse().Select(i => $"Factor set up · n{i}"), seen);
        Assert.DoesNotContain(
            page.Document.QuerySelectorAll(".pager a"),
            a => a.TextContent.Contains("Older", StringComparison.Ordinal)
        );
        Assert.Equal("?type=factor.", new Uri(page.Address, Link(page, "Newest")).Query);

        // And back by the same pages.
        page = await browser.GetAsync(Link(page, "Newer"));
        Assert.Equal(seen[50..100], Rows(page));
        page = await browser.GetAsync(Link(page, "Newer"));
        Assert.Equal(seen[..50], Rows(page));
        Assert.DoesNotContain(
            page.Document.QuerySelectorAll(".pager a"),
            a => a.TextContent.Contains("Newer", StringComparison.Ordinal)
        );
        Assert.Equal(seen[50..100], Rows(await browser.GetAsync(Link(page, "Older"))));
    }

    [Fact]
    public async Task What_cannot_be_understood_is_said_beside_its_field_and_what_finds_nothing_too()
    {
        await using var host = await StartAsync(DatabaseProvider.Sqlite);
        using var browser = await SignInAsync(host);

        var wrong = await browser.GetAsync("/admin/audit?from=yesterday&account=nobody@example.test");
        Assert.Equal(HttpStatusCode.BadRequest, wrong.Status);
        Assert.Contains("No account has the address nobody@example.test", wrong.Text, StringComparison.Ordinal);
        Assert.Contains("such as 2026-03-14", wrong.Text, StringComparison.Ordinal);

        var none = await browser.GetAsync("/admin/audit?to=2001-01-01");
        Assert.Equal(HttpStatusCode.OK, none.Status);
        Assert.Contains("Nothing matches", none.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("csv", "text/csv", "audit.csv")]
    [InlineData("jsonl", "application/jsonl", "audit.jsonl")]
    public async Task A_download_holds_what_the_filter_takes_and_is_audited(string format, string type, string file)
    {
        await using var host = await StartAsync(DatabaseProvider.Sqlite);
        await WriteAsync(host, "account-1", AuditEventTypes.FactorAdded);
        await WriteAsync(host, "account-2", AuditEventTypes.FactorAdded);
        using var browser = await SignInAsync(host);
        var page = await browser.GetAsync("/admin/audit?account=account-1");

        var download = await browser.SubmitAsync(page, ("format", format), ("account", "account-1"));

        Assert.Equal(HttpStatusCode.OK, download.Status);
        Assert.Equal(type, download.Response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(
            ("attachment", file),
            (
                download.Response.Content.Headers.ContentDisposition?.DispositionType,
                download.Response.Content.Headers.ContentDisposition?.FileName?.Trim('"')
            )
        );
        Assert.Contains("account-1", download.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("account-2", download.Text, StringComparison.Ordinal);
        var told = Assert.Single(await EventsAsync(host, AuditEventTypes.AuditExported));
        Assert.Equal(("account=account-1", "pwd"), (told.SubjectId, told.Proof));
        Assert.NotNull(told.Network);
    }

    [Fact]
    public async Task Nobody_but_who_may_read_the_audit_sees_or_downloads_it()
    {
        await using var host = await StartAsync(DatabaseProvider.Sqlite);
        await host.CreateAccountAsync(Ada);
        using var browser = await SignInAsync(host);
        var form = await browser.GetAsync("/admin/audit");
        using var user = host.NewBrowser();
        await user.SubmitAsync(
            await user.OpenAsync("/login"),
            ("Email", Ada),
            ("Password", ProviderFixture.GoodPassword)
        );

        Assert.NotEqual(HttpStatusCode.OK, (await user.GetAsync("/admin/audit")).Status);
        Assert.NotEqual(HttpStatusCode.OK, (await user.SubmitAsync(form, ("format", "csv"))).Status);
        using var stranger = host.NewBrowser();
        Assert.NotEqual(HttpStatusCode.OK, (await stranger.GetAsync("/admin/audit")).Status);
        Assert.Empty(await EventsAsync(host, AuditEventTypes.AuditExported));
    }

    [Fact]
    public async Task Who_is_of_the_console_but_may_not_read_it_is_told_so_and_not_asked_to_sign_in()
    {
        await using var host = await StartAsync(DatabaseProvider.Sqlite);
        await host.CreateWithRoleAsync("desk@example.test", ConsoleRoles.HelpDesk);
        using var desk = await host.EnterAsync("desk@example.test");

        Assert.Equal(HttpStatusCode.OK, (await desk.GetAsync("/admin/users")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await desk.GetAsync("/admin/audit")).Status);
    }

    [Fact]
    public async Task What_has_one_reason_can_be_left_out()
    {
        await using var host = await StartAsync(DatabaseProvider.Sqlite);
        await WriteAsync(host, "account-1", AuditEventTypes.FactorRefused, AuditReasons.Password);
        await WriteAsync(host, "account-2", AuditEventTypes.FactorRefused, AuditReasons.Totp);
        await WriteAsync(host, "account-3", AuditEventTypes.FactorRefused);
        using var browser = await SignInAsync(host);

        var page = await browser.GetAsync("/admin/audit?type=factor.refused&except=password");

        Assert.Equal(2, Sentences(page).Count);
        Assert.Contains("Not for the reason", page.Text, StringComparison.Ordinal);
    }

    private static async Task<ProviderFixture> StartAsync(DatabaseProvider provider)
    {
        var host = await ProviderFixture.StartAsync(provider, [("AccountRecovery:Mfa:RequiredFor", "Nobody")]);
        await host.CreateAccountAsync(Root, administrator: true);
        return host;
    }

    private static async Task<TestBrowser> SignInAsync(ProviderFixture host, string? language = null)
    {
        var browser = host.NewBrowser(language);
        await browser.SubmitAsync(
            await browser.OpenAsync("/login/administrator"),
            ("Email", Root),
            ("Password", ProviderFixture.GoodPassword)
        );
        return browser;
    }

    private static Task<AuditEvent> WriteAsync(
        ProviderFixture host,
        string accountId,
        string type,
        string? reason = null,
        string? why = null
    ) =>
        host.InScopeAsync(p =>
        {
            var audit = p.GetRequiredService<AuditLog>();
            return p.GetRequiredService<UnitOfWork>()
                .RunAsync(
                    _ =>
                        Task.FromResult(
                            audit.Add(type, accountId, Requester.None, actorId: "command-line", why: why, about: reason)
                        ),
                    Cancelled
                );
        });

    private static Task<List<AuditEvent>> EventsAsync(ProviderFixture host, string type) =>
        host.InScopeAsync(p =>
            p.GetRequiredService<IdpDbContext>().Set<AuditEvent>().Where(e => e.Type == type).ToListAsync(Cancelled)
        );

    private static List<string> Sentences(TestPage page) =>
        [.. page.Document.QuerySelectorAll("tbody th").Select(c => c.TextContent.Trim())];

    private static List<string> Rows(TestPage page) =>
        [.. page.Document.QuerySelectorAll("tbody th .table-sub").Select(c => c.TextContent.Trim())];

    private static string Link(TestPage page, string text) =>
        page.Document.QuerySelectorAll(".pager a").Single(a => a.TextContent.Trim() == text).GetAttribute("href")!;
}
