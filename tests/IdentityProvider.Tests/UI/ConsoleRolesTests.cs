using System.Reflection;
using System.Security.Claims;
using IdP.Recovery.Console;
using IdP.Recovery.Ports;
using IdP.UI;
using IdP.UI.Input;
using IdP.UI.Pages.Admin;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.UI;

/// <summary>What each role of the console sees and may send on the pages about the system.</summary>
public sealed class ConsoleRolesTests
{
    [Theory]
    [InlineData(ConsoleRoles.Administrator, "/admin /admin/approvals /admin/mail /admin/applications /admin/jobs")]
    [InlineData(ConsoleRoles.Auditor, "/admin /admin/mail /admin/applications")]
    [InlineData(ConsoleRoles.HelpDesk, "")]
    public async Task The_navigation_leads_only_to_pages_that_a_role_may_open(string role, string paths)
    {
        await using var host = await ProviderFixture.StartAsync();
        var system = new[] { "/admin", "/admin/approvals", "/admin/mail", "/admin/applications", "/admin/jobs" };

        var shown = host
            .Services.GetRequiredService<IOptions<NavigationOptions>>()
            .Value.Console.Where(i => i.IsFor(Person(role)))
            .Select(i => i.Path)
            .Where(system.Contains);

        Assert.Equal(paths, string.Join(' ', shown));
    }

    [Theory]
    [InlineData(ConsoleRoles.Administrator, "GET", true)]
    [InlineData(ConsoleRoles.Administrator, "POST", true)]
    [InlineData(ConsoleRoles.Auditor, "GET", true)]
    [InlineData(ConsoleRoles.Auditor, "HEAD", true)]
    [InlineData(ConsoleRoles.Auditor, "POST", false)]
    [InlineData(ConsoleRoles.HelpDesk, "GET", false)]
    [InlineData(ConsoleRoles.HelpDesk, "POST", false)]
    public async Task Who_reads_the_page_of_mail_may_not_therefore_retry(string role, string method, bool allowed)
    {
        var needs = typeof(MailModel).GetCustomAttribute<NeedsAttribute>()!;

        var result = await TryAsync(needs, role, method);

        Assert.Equal(allowed ? null : 403, result);
    }

    [Theory]
    [InlineData("SecretModel", ConsoleRoles.Auditor)]
    [InlineData("SecretModel", ConsoleRoles.HelpDesk)]
    [InlineData("RevokeModel", ConsoleRoles.Auditor)]
    [InlineData("RevokeModel", ConsoleRoles.HelpDesk)]
    public async Task Secrets_and_consents_are_for_administrators_with_a_fresh_proof(string page, string role)
    {
        var model = typeof(IdentityProvider.Pages.Admin.Applications.IndexModel).Assembly.GetType(
            "IdentityProvider.Pages.Admin.Applications." + page,
            throwOnError: true
        )!;

        Assert.NotNull(model.GetCustomAttribute<FreshProofAttribute>());
        Assert.Equal(403, await TryAsync(model.GetCustomAttribute<NeedsAttribute>()!, role, "GET"));
        Assert.Equal(403, await TryAsync(model.GetCustomAttribute<NeedsAttribute>()!, role, "POST"));
    }

    private static async Task<int?> TryAsync(NeedsAttribute needs, string role, string method)
    {
        var http = new DefaultHttpContext { User = Person(role) };
        http.Request.Method = method;
        var page = new PageContext(new ActionContext(http, new RouteData(), new CompiledPageActionDescriptor()));
        var executing = new PageHandlerExecutingContext(
            page,
            [],
            null,
            new Dictionary<string, object?>(),
            new object()
        );
        var ran = false;
        await needs.OnPageHandlerExecutionAsync(
            executing,
            () =>
            {
                ran = true;
                return Task.FromResult(new PageHandlerExecutedContext(page, [], null, new object()));
            }
        );
        Assert.Equal(ran, executing.Result is null);
        return (executing.Result as StatusCodeResult)?.StatusCode;
    }

    private static ClaimsPrincipal Person(string role) =>
        new(
            new ClaimsIdentity(
                [new(SessionClaims.Subject, "somebody"), new(SessionClaims.Role, role)],
                "session",
                SessionClaims.Name,
                SessionClaims.Role
            )
        );
}
