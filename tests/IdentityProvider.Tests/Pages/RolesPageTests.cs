using System.Net;
using AngleSharp.Html.Dom;
using IdentityProvider.Data;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using Microsoft.EntityFrameworkCore;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Pages;

/// <summary>The page that gives and takes the roles of the console.</summary>
public sealed class RolesPageTests
{
    private const string Ada = "ada@example.test";
    private const string Page = "/admin/administrators/roles";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Giving_a_role_begins_with_whose_and_shows_what_they_have()
    {
        await using var host = await ConsoleHost.StartAsync();
        await host.CreateWithRoleAsync(Ada, ConsoleRoles.Administrator);
        using var root = await host.EnterAsync();

        var asked = await root.GetAsync(Page);
        var nobody = await root.GetAsync(Page + "?Email=nobody@example.test");
        var form = await root.GetAsync(Page + "?Email=" + Ada);

        Assert.Empty(asked.Document.QuerySelectorAll("main input[type=checkbox]"));
        Assert.Equal(HttpStatusCode.BadRequest, nobody.Status);
        Assert.Contains("No account has this address", nobody.Text, StringComparison.Ordinal);
        Assert.Equal(
            [ConsoleRoles.Administrator],
            form.Document.QuerySelectorAll("main input[type=checkbox]")
                .OfType<IHtmlInputElement>()
                .Where(c => c.IsChecked)
                .Select(c => c.Name)
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_role_is_taken_only_after_it_was_named_and_with_a_reason(DatabaseProvider provider)
    {
        await using var host = await ConsoleHost.StartAsync(provider);
        var ada = await host.CreateWithRoleAsync(Ada, ConsoleRoles.Administrator);
        using var root = await host.EnterAsync();
        var form = await root.GetAsync(Page + "?Email=" + Ada);

        // An unticked box is not sent.
        var html = Form(form);
        ((IHtmlInputElement)html.Elements["Administrator"]!).IsChecked = false;
        ((IHtmlInputElement)html.Elements["Auditor"]!).IsChecked = true;
        var without = await root.SubmitAsync(form, html);
        var named = await root.SubmitAsync(form, html, ("Why", "She audits from now on"));

        Assert.Equal(HttpStatusCode.BadRequest, without.Status);
        Assert.Contains("Give a reason", without.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, named.Status);
        Assert.Contains("This takes from ada@example.test: Administrator", named.Text, StringComparison.Ordinal);
        Assert.Equal([ConsoleRoles.Administrator], await RolesAsync(host, ada));

        var done = await root.SubmitAsync(named, Form(named), ("Why", "She audits from now on"));

        Assert.Equal(HttpStatusCode.SeeOther, done.Status);
        Assert.Equal([ConsoleRoles.Auditor], await RolesAsync(host, ada));
        await using var context = host.Database.OpenContext();
        Assert.True(
            await context
                .Set<AuditEvent>()
                .AnyAsync(
                    e =>
                        e.Type == AuditEventTypes.RolesChanged
                        && e.AccountId == ada
                        && e.Why == "She audits from now on",
                    Cancelled
                )
        );
    }

    [Fact]
    public async Task Somebody_without_a_role_is_given_one()
    {
        await using var host = await ConsoleHost.StartAsync();
        var ada = await host.CreateAccountAsync(Ada);
        using var root = await host.EnterAsync();
        var form = await root.GetAsync(Page + "?Email=" + Ada);

        var done = await root.SubmitAsync(form, Form(form), ("Auditor", "true"), ("Why", "She audits"));

        Assert.Equal(HttpStatusCode.SeeOther, done.Status);
        Assert.Equal([ConsoleRoles.Auditor], await RolesAsync(host, ada.Id));
    }

    [Fact]
    public async Task A_form_that_never_showed_a_role_does_not_take_it()
    {
        await using var host = await ConsoleHost.StartAsync();
        var account = await host.CreateAccountAsync(Ada);
        using var root = await host.EnterAsync();
        var form = await root.GetAsync(Page + "?Email=" + Ada);
        await host.InScopeAsync(p =>
            Microsoft
                .Extensions.DependencyInjection.ServiceProviderServiceExtensions.GetRequiredService<ChangeRoles>(p)
                .RunAsync(
                    Actor.CommandLine,
                    account.Id,
                    [ConsoleRoles.Administrator],
                    "Meanwhile",
                    IdP.Recovery.Requester.None,
                    Cancelled
                )
        );

        var late = await root.SubmitAsync(
            form,
            Form(form),
            ("Auditor", "true"),
            ("Why", "She audits"),
            ("Agreed", ConsoleRoles.Administrator)
        );

        Assert.Equal(HttpStatusCode.BadRequest, late.Status);
        Assert.Equal([ConsoleRoles.Administrator], await RolesAsync(host, account.Id));
        Assert.True(((IHtmlInputElement)Form(late).Elements["Administrator"]!).IsChecked);
    }

    [Fact]
    public async Task The_list_of_the_people_of_the_console_has_pages()
    {
        await using var host = await ConsoleHost.StartAsync();
        for (var i = 0; i < 55; i++)
        {
            await host.CreateAccountAsync($"a{i:00}@example.test", null, administrator: true);
        }

        using var root = await host.EnterAsync();
        var first = await root.GetAsync("/admin/administrators");
        var second = await root.GetAsync(first.Document.QuerySelector(".pager a")!.GetAttribute("href")!);

        Assert.Equal(50, first.Document.QuerySelectorAll("tbody tr").Length);
        Assert.Equal(6, second.Document.QuerySelectorAll("tbody tr").Length);
    }

    private static IHtmlFormElement Form(TestPage page) =>
        page.Document.Forms.Single(f => f.Elements["Had"] is not null);

    private static async Task<List<string>> RolesAsync(ProviderFixture host, string accountId)
    {
        await using var context = host.Database.OpenContext();
        return await context
            .UserRoles.Where(r => r.UserId == accountId)
            .Join(context.Roles, r => r.RoleId, r => r.Id, (_, r) => r.Name!)
            .ToListAsync(Cancelled);
    }
}
