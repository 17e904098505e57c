using System.Net;
using System.Net.Http.Headers;
using AngleSharp.Html.Dom;
using IdentityProvider.Accounts;
using IdentityProvider.Data;
using IdP.Recovery.Console;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Pages;

/// <summary>The list of users: who stands in it, in what columns and order, and its file.</summary>
public sealed class UsersPageTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_file_holds_whom_the_filter_takes(DatabaseProvider provider)
    {
        await using var host = await ConsoleHost.StartAsync(provider);
        await host.AddPeopleAsync(3);
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
        await host.AddPeopleAsync(1);
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
        await host.AddPeopleAsync(120);
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
        await host.AddPeopleAsync(1);
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
    public async Task A_full_page_of_long_names_weighs_less_than_100_kB()
    {
        await using var host = await ConsoleHost.StartAsync();
        await host.AddPeopleAsync(60, i => $"Maximiliane-Friederike {i:000} von und zu Hohenstein");
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

    private static List<string> Heads(TestPage page) =>
        [.. page.Document.QuerySelectorAll("thead th[scope=col]").Select(h => h.TextContent.Trim())];

    private static string? Sorted(TestPage page, string how) =>
        page.Document.QuerySelector($"thead th[aria-sort={how}]")?.TextContent.Trim();

    private static string? Link(TestPage page, string rel) =>
        page.Document.QuerySelector($".pager a[rel={rel}]")?.GetAttribute("href");

    private static List<string> People(TestPage page) =>
        [.. page.Document.QuerySelectorAll("tbody th a").Select(a => a.TextContent)];
}
