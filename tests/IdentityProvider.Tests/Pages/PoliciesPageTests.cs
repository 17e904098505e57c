using System.Net;
using AngleSharp.Html.Dom;
using IdentityProvider.Data;
using IdP.Recovery.Audit;
using IdP.Recovery.PasswordReset;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Pages;

/// <summary>The console's page of the policies.</summary>
public sealed class PoliciesPageTests
{
    [Theory]
    [InlineData("en", "for 15 minutes, each time twice as long, at most 24 hours", "30 days")]
    [InlineData("de", "15 Minuten geschlossen, jedes Mal doppelt so lange, höchstens 24 Stunden", "30 Tage")]
    public async Task Times_are_told_in_their_natural_unit(string language, string lockout, string remembered)
    {
        await using var host = await ConsoleHost.StartAsync(
            settings:
            [
                ("AccountRecovery:Lockout:Duration", "00:15:00"),
                ("AccountRecovery:Lockout:LongestDuration", "1.00:00:00"),
                ("AccountRecovery:Mfa:RememberBrowserFor", "30.00:00:00"),
            ]
        );
        using var root = await host.EnterAsync(language: language);

        var page = await root.GetAsync("/admin/policies");

        Assert.Contains(lockout, WebUtility.HtmlDecode(page.Text), StringComparison.Ordinal);
        Assert.Contains(remembered, page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_dry_run_begins_with_the_rule_in_force_and_says_at_the_top_what_is_wrong()
    {
        await using var host = await ConsoleHost.StartAsync(
            settings: [("AccountRecovery:Mfa:Groups:0", "Staff"), ("AccountRecovery:Mfa:Groups:1", "Finance team")]
        );
        await host.InScopeAsync(async p =>
        {
            var roles = p.GetRequiredService<RoleManager<IdentityRole>>();
            await roles.CreateAsync(new("Staff"));
            await roles.CreateAsync(new("Finance team"));
            return await roles.CreateAsync(new("Guests"));
        });
        using var root = await host.EnterAsync();

        var page = await root.GetAsync("/admin/policies");
        var ticked = page
            .Document.QuerySelectorAll("main input[type=checkbox]")
            .OfType<IHtmlInputElement>()
            .Where(b => b.IsChecked)
            .ToList();
        Assert.Equal(["Finance team", "Staff"], ticked.Select(b => b.ParentElement!.TextContent.Trim()).Order());

        var tried = await root.GetAsync($"/admin/policies?For=Nobody&Days=7&{ticked[0].Name}=1&{ticked[1].Name}=1");
        Assert.Equal(HttpStatusCode.OK, tried.Status);
        Assert.Equal(
            2,
            tried
                .Document.QuerySelectorAll("main input[type=checkbox]")
                .OfType<IHtmlInputElement>()
                .Count(b => b.IsChecked)
        );

        var wrong = await root.GetAsync("/admin/policies?For=Nobody&Days=400");
        Assert.Equal(HttpStatusCode.BadRequest, wrong.Status);
        Assert.Equal("H1", wrong.Document.QuerySelector("main .error-summary")?.NextElementSibling?.TagName);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Other_limits_are_tried_on_what_happened_and_change_nothing(DatabaseProvider provider)
    {
        await using var host = await ConsoleHost.StartAsync(provider);
        await AddPastAsync(host);
        using var root = await host.EnterAsync();

        var locks = await root.GetAsync("/admin/policies?Failures=3");
        var limits = await root.GetAsync("/admin/policies?PerAddress=2&PerNetwork=20&Minutes=15");
        var networks = await root.GetAsync("/admin/policies?PerAddress=20&PerNetwork=1&Minutes=15");
        var wrong = await root.GetAsync("/admin/policies?Failures=2");

        Assert.Contains(
            "locked 1 people out, 2 times in all. The rule in force: 0 people, 0 times.",
            locks.Text,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "Of 7 requests in the last 30 days this would have held back 2. The rule in force: 1.",
            limits.Text,
            StringComparison.Ordinal
        );
        Assert.Contains("this would have held back 4.", networks.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, wrong.Status);
        Assert.Contains("A whole number from 3 to 100.", wrong.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("short", "at least 15 characters")]
    [InlineData("nine purple otters juggle quietly", "It would be taken.")]
    public async Task A_password_is_tried_and_not_sent_back(string example, string answer)
    {
        await using var host = await ConsoleHost.StartAsync();
        using var root = await host.EnterAsync();
        var page = await root.GetAsync("/admin/policies");

        var judged = await root.SubmitAsync(page, ("Example", example));

        Assert.Equal(HttpStatusCode.OK, judged.Status);
        Assert.Contains(answer, judged.Document.QuerySelector("[role=status]")!.TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain(example, judged.Text, StringComparison.Ordinal);
    }

    // One who fails four times, signs in, and fails three times again; one who fails twice; four requests in a row for
    // one address, and one a day later.
    private static async Task AddPastAsync(ProviderFixture host)
    {
        var start = host.Time.GetUtcNow().AddDays(-10);
        var second = 0;
        await using var context = host.Database.OpenContext();
        foreach (var (who, what) in new[] { ("a", "FFFFSFFF"), ("b", "FF") })
        {
            context.AddRange(
                what.Select(c => new AuditEvent
                {
                    Id = Guid.CreateVersion7(start.AddSeconds(++second)),
                    At = start.AddSeconds(second),
                    AccountId = who,
                    Type = c == 'S' ? AuditEventTypes.SignedIn : AuditEventTypes.SignInFailed,
                    Reason = c == 'S' ? null : AuditReasons.Password,
                })
            );
        }

        context.AddRange(
            new[] { 0, 1, 2, 3, 24 * 60 }.Select(minutes => new ResetRequest
            {
                Id = Guid.CreateVersion7(start.AddMinutes(minutes)),
                Address = "ada@example.test",
                RequestedAt = start.AddMinutes(minutes),
                Network = "192.0.2.7",
            })
        );
        // Two clients of one network of IPv6, for two addresses.
        context.AddRange(
            Enumerable
                .Range(1, 2)
                .Select(n => new ResetRequest
                {
                    Id = Guid.CreateVersion7(start.AddDays(2).AddMinutes(n)),
                    Address = $"person{n}@example.test",
                    RequestedAt = start.AddDays(2).AddMinutes(n),
                    Network = $"2001:db8:1:2::{n}",
                })
        );
        await context.SaveChangesAsync(TestContext.Current.CancellationToken);
    }
}
