using IdentityProvider.Accounts;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Enrollment;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Pages;

/// <summary>The console's page of one person.</summary>
public sealed class PersonPageTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_end_of_a_period_is_told_in_the_persons_own_time()
    {
        await using var host = await ConsoleHost.StartAsync(settings: [("AccountRecovery:Mfa:Groups:0", "Staff")]);
        var ada = await host.CreateAccountAsync(with: a => a.ZoneInfo = "Asia/Tokyo");
        await host.InScopeAsync(async p =>
        {
            await p.GetRequiredService<RoleManager<IdentityRole>>().CreateAsync(new("Staff"));
            var users = p.GetRequiredService<UserManager<Account>>();
            return await users.AddToRoleAsync((await users.FindByIdAsync(ada.Id))!, "Staff");
        });
        await using (var context = host.Database.OpenContext())
        {
            context.Add(
                new MfaEnrollment
                {
                    AccountId = ada.Id,
                    StartedAt = host.Time.GetUtcNow(),
                    EndsAt = new DateTimeOffset(2199, 3, 1, 15, 0, 0, TimeSpan.Zero),
                }
            );
            await context.SaveChangesAsync(Cancelled);
        }

        using var root = await host.EnterAsync();
        var page = await root.GetAsync("/admin/users/" + ada.Id);

        var time = page.Document.QuerySelector("time[datetime='2199-03-01T15:00:00Z']")!;
        Assert.Equal("2 Mar 2199 00:00 Asia/Tokyo", time.TextContent);
        // Or script would put the reader's hour beside the person's zone.
        Assert.False(time.HasAttribute("data-local"));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_timeline_tells_a_reset_from_asking_to_being_told(DatabaseProvider provider)
    {
        await using var host = await ConsoleHost.StartAsync(provider);
        var ada = await host.CreateAccountAsync();
        using var browser = host.NewBrowser();
        await browser.SubmitAsync(await browser.OpenAsync("/reset/user"), ("Email", "ada@example.test"));
        await browser.SubmitAsync(await browser.OpenAsync("/reset/user"), ("Email", "grace@example.test"));
        host.Time.Advance(TimeSpan.FromSeconds(1));
        await host.DrainAsync();
        host.Time.Advance(TimeSpan.FromSeconds(1));
        await host.InScopeAsync(p =>
        {
            var audit = p.GetRequiredService<AuditLog>();
            var work = p.GetRequiredService<UnitOfWork>();
            return work.RunAsync(
                _ =>
                {
                    var added = audit.Add(
                        AuditEventTypes.FactorAdded,
                        ada.Id,
                        Requester.None,
                        reason: AuditReasons.Totp
                    );
                    work.Enqueue("factor.notice", added.Id.ToString());
                    return Task.FromResult(true);
                },
                Cancelled
            );
        });
        host.Time.Advance(TimeSpan.FromSeconds(1));
        await host.DrainAsync();

        using var root = await host.EnterAsync();
        var page = await root.GetAsync("/admin/users/" + ada.Id);

        Assert.Equal(
            [
                "ada@example.test was told by mail of a change of the second factors",
                "ada@example.test set up an authenticator app",
                "ada@example.test was sent a reset link",
                "Somebody asked for a reset link",
            ],
            page.Document.QuerySelectorAll(".timeline p:not(.table-sub)").Select(p => p.TextContent)
        );
    }

    [Fact]
    public async Task The_timeline_leads_to_what_is_older_and_back()
    {
        await using var host = await ConsoleHost.StartAsync();
        var ada = await host.CreateAccountAsync();
        await using (var context = host.Database.OpenContext())
        {
            for (var i = 0; i < 150; i++)
            {
                var at = host.Time.GetUtcNow().AddSeconds(i);
                context.Add(
                    new AuditEvent
                    {
                        Id = Guid.CreateVersion7(at),
                        At = at,
                        Type = AuditEventTypes.SignedIn,
                        AccountId = ada.Id,
                    }
                );
            }

            await context.SaveChangesAsync(Cancelled);
        }

        using var root = await host.EnterAsync();
        var newest = await root.GetAsync("/admin/users/" + ada.Id);
        var oldest = await root.GetAsync(Link(newest, "Older"));
        var back = await root.GetAsync(Link(oldest, "Newer"));

        Assert.Equal(
            [100, 50, 100],
            new[] { newest, oldest, back }.Select(p => p.Document.QuerySelectorAll(".timeline li").Length)
        );
        Assert.DoesNotContain(
            back.Document.QuerySelectorAll(".pager a"),
            a => a.TextContent.Contains("Newe", StringComparison.Ordinal)
        );
    }

    private static string Link(TestPage page, string text) =>
        page.Document.QuerySelectorAll(".pager a").Single(a => a.TextContent.Trim() == text).GetAttribute("href")!;
}
