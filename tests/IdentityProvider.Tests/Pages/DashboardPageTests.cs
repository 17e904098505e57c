using System.Globalization;
using IdentityProvider.Data;
using IdP.Recovery.Audit;
using IdP.Recovery.Dashboard;
using IdP.Recovery.Enrollment;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Pages;

/// <summary>The console's first page.</summary>
public sealed class DashboardPageTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Each_event_counts_on_its_own_day_and_in_its_own_line(DatabaseProvider provider)
    {
        await using var host = await ConsoleHost.StartAsync(provider);
        var today = new DateTimeOffset(host.Time.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero);
        await AddAsync(
            host,
            // The edges of a day.
            (today, AuditEventTypes.ResetRequested, null),
            (today.AddMilliseconds(-1), AuditEventTypes.ResetRequested, null),
            (today.AddDays(-1), AuditEventTypes.ResetRequested, null),
            (today.AddDays(-1), AuditEventTypes.ResetCompleted, null),
            // The edges of the period and of the one before.
            (today.AddDays(-6), AuditEventTypes.ResetRequested, null),
            (today.AddDays(-6).AddMilliseconds(-1), AuditEventTypes.ResetRequested, null),
            (today.AddDays(-13), AuditEventTypes.ResetRequested, null),
            (today.AddDays(-13).AddMilliseconds(-1), AuditEventTypes.ResetRequested, null),
            // Only a wrong password is a failed proof, and no event counts twice.
            (today, AuditEventTypes.SignInFailed, AuditReasons.Password),
            (today, AuditEventTypes.SignInFailed, "unknown"),
            (today, AuditEventTypes.SignInFailed, "suspended"),
            (today, AuditEventTypes.FactorRefused, AuditReasons.Totp),
            (today, AuditEventTypes.FactorRefused, AuditReasons.RecoveryCode),
            (today, AuditEventTypes.FactorRefused, AuditReasons.Password),
            (today.AddDays(-2), AuditEventTypes.LockedOut, AuditReasons.Password),
            (today.AddDays(-3), AuditEventTypes.FactorAdded, AuditReasons.Passkey),
            (today.AddDays(-4), AuditEventTypes.FactorRemoved, AuditReasons.Totp)
        );

        var figures = await ReadAsync(host, 7);

        Assert.Equal(DateOnly.FromDateTime(today.AddDays(-6).Date), figures.Resets.FirstDay);
        Assert.Equal([1, 0, 0, 0, 0, 2, 1], figures.Resets.Series[0].Counts);
        Assert.Equal(2, figures.Resets.Series[0].Before);
        Assert.Equal([0, 0, 0, 0, 0, 1, 0], figures.Resets.Series[1].Counts);
        Assert.Equal([0, 0, 0, 0, 0, 0, 1], figures.FailedProofs.Series[0].Counts);
        Assert.Equal([0, 0, 0, 0, 0, 0, 2], figures.FailedProofs.Series[1].Counts);
        Assert.Equal([0, 0, 0, 0, 1, 0, 0], figures.Lockouts.Series[0].Counts);
        Assert.Equal([0, 0, 0, 1, 0, 0, 0], figures.Factors.Series[0].Counts);
        Assert.Equal([0, 0, 1, 0, 0, 0, 0], figures.Factors.Series[1].Counts);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Coverage_and_enrollments_are_counted_as_their_lists_are(DatabaseProvider provider)
    {
        await using var host = await ConsoleHost.StartAsync(provider);
        var now = host.Time.GetUtcNow();
        var ada = await host.CreateAccountAsync();
        await host.InScopeAsync(p => Authenticator.EnrollAsync(p, ada.Id, now));
        await using (var context = host.Database.OpenContext())
        {
            context.AddRange(
                Enrollment("within", now.AddDays(7), null),
                Enrollment("later", now.AddDays(7).AddSeconds(1), null),
                Enrollment("past", now, null),
                Enrollment("done", now.AddDays(1), now)
            );
            await context.SaveChangesAsync(Cancelled);
        }

        var figures = await ReadAsync(host, 30);

        Assert.Equal(new MfaCoverage(1, 2), figures.Coverage);
        Assert.Equal(1, figures.EnrollmentsEnding);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Each_day_keeps_how_many_have_a_second_factor_and_gaps_are_as_the_day_before(
        DatabaseProvider provider
    )
    {
        await using var host = await ConsoleHost.StartAsync(provider);
        var today = DateOnly.FromDateTime(host.Time.GetUtcNow().UtcDateTime);
        await RecordAsync(host);
        var ada = await host.CreateAccountAsync();
        host.Time.Advance(TimeSpan.FromDays(2));
        await RecordAsync(host);
        // Once a day: what comes later is seen on the next.
        await host.InScopeAsync(p => Authenticator.EnrollAsync(p, ada.Id, host.Time.GetUtcNow()));
        await RecordAsync(host);
        host.Time.Advance(TimeSpan.FromDays(1));

        var chart = (await ReadAsync(host, 7)).CoverageDays;

        Assert.Equal(today, chart.FirstDay);
        Assert.Equal([0, 0, 0, 1], chart.Series[0].Counts);
        Assert.Equal([1, 1, 2, 2], chart.Series[1].Counts);
        using var root = await host.EnterAsync();
        Assert.Contains(
            "50 % of the accounts have a second factor, 50 points more than on "
                + today.ToString("m", CultureInfo.GetCultureInfo("en")),
            Titles(await root.GetAsync("/admin?days=7"))
        );
    }

    private static Task<bool> RecordAsync(ProviderFixture host) =>
        host.InScopeAsync(async p =>
        {
            await p.GetRequiredService<RecordMfaCoverage>().RunAsync(Cancelled);
            return true;
        });

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_chart_costs_one_query_over_the_index(DatabaseProvider provider)
    {
        var plans = new QueryPlans("RecoveryAuditEvents");
        await using var host = await ConsoleHost.StartAsync(provider, services: plans.Watch);

        await ReadAsync(host, 90);

        Assert.Equal(4, plans.Seen.Count);
        if (provider == DatabaseProvider.Sqlite)
        {
            foreach (var (_, plan) in plans.Seen)
            {
                Assert.Contains("IX_RecoveryAuditEvents_Type_At", plan, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task The_titles_state_what_is_found_and_lead_to_the_lists()
    {
        await using var host = await ConsoleHost.StartAsync();
        var now = host.Time.GetUtcNow();
        await AddAsync(
            host,
            [
                .. Enumerable.Repeat((now, AuditEventTypes.ResetRequested, (string?)null), 12),
                .. Enumerable.Repeat((now.AddDays(-40), AuditEventTypes.ResetRequested, (string?)null), 8),
                (now, AuditEventTypes.LockedOut, AuditReasons.Password),
            ]
        );
        using var root = await host.EnterAsync();
        using var german = await host.EnterAsync(language: "de");

        var page = await root.GetAsync("/admin");
        var week = await root.GetAsync("/admin?days=7");
        var odd = await root.GetAsync("/admin?days=8");
        var deutsch = await german.GetAsync("/admin");

        Assert.Equal(
            [
                "12 resets asked for in 30 days, 4 more than before",
                "No failed proofs in 30 days, none in the 30 before",
                "1 lockout in 30 days, 1 more than before",
                "No second factors set up in 30 days, none in the 30 before",
                "0 % of the accounts have a second factor; counted each day from today on",
            ],
            Titles(page)
        );
        Assert.Equal("12 resets asked for in 7 days, 12 more than before", Titles(week)[0]);
        Assert.Equal(Titles(page), Titles(odd));
        Assert.Equal("12 Zurücksetzungen angefragt in 30 Tagen, 4 mehr als zuvor", Titles(deutsch)[0]);
        Assert.Equal(30, page.Document.QuerySelectorAll("#resets-days tbody tr").Length);
        var links = page.Document.QuerySelectorAll(".tile, .chart a").Select(a => a.GetAttribute("href"));
        var from = now.UtcDateTime.AddDays(-29).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        Assert.Equal(
            [
                "/admin/users?mfa=Enrolled",
                "/admin/users?mfa=InEnrollment&ending=7",
                "/admin/mail#waiting",
                "/admin/mail#given-up",
                $"/admin/audit?type=password-reset.requested&from={from}",
                $"/admin/audit?type=password-reset.completed&from={from}",
                $"/admin/audit?type=sign-in.failed&from={from}&reason=password",
                $"/admin/audit?type=factor.refused&from={from}&except=password",
                $"/admin/audit?type=account.locked&from={from}",
                $"/admin/audit?type=factor.added&from={from}",
                $"/admin/audit?type=factor.removed&from={from}",
                $"/admin/audit?type=mfa.reset&from={from}",
                "/admin/users?mfa=Enrolled",
                "/admin/users",
            ],
            links
        );
    }

    [Fact]
    public async Task Only_this_page_loads_the_charts_script_and_it_weighs_less_than_100_kB()
    {
        await using var host = await ConsoleHost.StartAsync();
        var first = DateOnly.FromDateTime(host.Time.GetUtcNow().UtcDateTime).AddDays(-89);
        await using (var context = host.Database.OpenContext())
        {
            context.Add(
                new MfaCoverageDay
                {
                    Day = first,
                    Enrolled = 750_000,
                    Accounts = 1_000_000,
                }
            );
            await context.SaveChangesAsync(Cancelled);
        }

        using var root = await host.EnterAsync();

        var page = await PageWeight.OfAsync(root, "/admin?days=90");
        var other = await PageWeight.OfAsync(root, "/admin/mail");

        Assert.Contains("dashboard", FilesOf(page), StringComparison.Ordinal);
        Assert.DoesNotContain("dashboard", FilesOf(other), StringComparison.Ordinal);
        Assert.InRange(page.Bytes, 20_000, 100_000);
    }

    private static string FilesOf(PageWeight page) => string.Join(' ', PageWeight.FilesOf(page.Document));

    private static List<string> Titles(TestPage page) =>
        [.. page.Document.QuerySelectorAll("figure h2").Select(h => h.TextContent)];

    private static Task<DashboardFigures> ReadAsync(ProviderFixture host, int days) =>
        host.InScopeAsync(p => p.GetRequiredService<ReadDashboard>().RunAsync(days, Cancelled));

    private static MfaEnrollment Enrollment(string accountId, DateTimeOffset ends, DateTimeOffset? enrolledAt) =>
        new()
        {
            AccountId = accountId,
            StartedAt = ends.AddDays(-7),
            EndsAt = ends,
            EnrolledAt = enrolledAt,
        };

    private static async Task AddAsync(
        ProviderFixture host,
        params (DateTimeOffset At, string Type, string? Reason)[] events
    )
    {
        await using var context = host.Database.OpenContext();
        context.AddRange(
            events.Select(e => new AuditEvent
            {
                Id = Guid.CreateVersion7(e.At),
                At = e.At,
                Type = e.Type,
                Reason = e.Reason,
            })
        );
        await context.SaveChangesAsync(Cancelled);
    }
}
