using IdentityProvider.Data;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using IdP.Recovery.Enrollment;
using IdP.Recovery.MfaReset;
using IdP.Recovery.Ports;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Enrollment;

/// <summary>What is written of a period, and who keeps whom from theirs: nobody.</summary>
public sealed class PeriodTests
{
    private const string InSevenDays = "2026-03-21T09:26:53Z";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_audit_says_until_when(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(
            provider,
            ("AccountRecovery:Mfa:RequiredFor", "Everybody"),
            ("AccountRecovery:Enrollment:PolicyDays", "7")
        );
        var ada = await host.CreateAccountAsync();
        var ben = await host.CreateAccountAsync("ben@example.test");
        var eve = await host.CreateAccountAsync("eve@example.test");

        List<string> ids = [ada.Id, ben.Id, eve.Id];

        await SetAsync(host, ada.Id, 1);
        await SetAsync(host, ada.Id, 7);
        await host.SignInAsync(new Jar(), ben.Email!);
        await host.CallAsync<ResetMfa, MfaResetResult>(r =>
            r.RunAsync(
                Actor.CommandLine,
                eve.Id,
                new MfaResetOrder(ResetFactors.All, EnrollmentPeriod.Of(7), "lost phone"),
                RecoveryHost.Origin,
                Cancelled
            )
        );

        Assert.Equal(
            [
                (ada.Id, AuditEventTypes.EnrollmentExtended, "administrator", InSevenDays),
                (ada.Id, AuditEventTypes.EnrollmentStarted, "administrator", "2026-03-15T09:26:53Z"),
                (ben.Id, AuditEventTypes.EnrollmentStarted, "policy", InSevenDays),
                (eve.Id, AuditEventTypes.EnrollmentStarted, "mfa-reset", InSevenDays),
            ],
            (await host.RowsAsync<AuditEvent>())
                .Where(e => e.Type.StartsWith("enrollment.", StringComparison.Ordinal))
                .Select(e => (e.AccountId!, e.Type, e.Reason!, e.SubjectId!))
                .OrderBy(e => ids.IndexOf(e.Item1))
                .ThenBy(e => e.Type, StringComparer.Ordinal)
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Extending_never_shortens(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await host.CreateAccountAsync();
        var long100 = Assert.IsType<EnrollmentPeriodSet.Done>(await SetAsync(host, ada.Id, 100));

        var shorter = Assert.IsType<EnrollmentPeriodSet.Shorter>(await SetAsync(host, ada.Id, 7));

        Assert.Equal(long100.EndsAt, shorter.EndsAt);
        Assert.Equal(long100.EndsAt, (await host.FindAsync(ada.Id)).Enrollment!.EndsAt);

        // What has run out is shorter than any.
        host.Time.Advance(TimeSpan.FromDays(101));
        Assert.IsType<EnrollmentPeriodSet.Done>(await SetAsync(host, ada.Id, 1));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task One_whose_announcement_fails_keeps_nobody_from_theirs(DatabaseProvider provider)
    {
        var broken = "";
        await using var host = await RecoveryHost.StartAsync(
            provider,
            s =>
                HookedAccounts.Register(
                    s,
                    id =>
                        id == broken ? Task.FromException(new InvalidOperationException("broken")) : Task.CompletedTask
                )
        );
        var ada = await host.CreateAccountAsync();
        await SetAsync(host, ada.Id, 1);
        for (var i = 0; i < 3; i++)
        {
            host.Time.Advance(TimeSpan.FromMinutes(1));
            await SetAsync(host, (await host.CreateAccountAsync($"p{i}@example.test")).Id, 1);
        }

        broken = ada.Id;
        host.Time.Advance(TimeSpan.FromDays(2));
        await AnnounceAsync(host);
        Assert.Equal(3, await ExpiredAsync(host));

        broken = "";
        await AnnounceAsync(host);
        Assert.Equal(4, await ExpiredAsync(host));
    }

    // On SQLite the first writer has the database alone.
    [Fact]
    public async Task A_reset_whose_period_meets_another_one_has_done_nothing_and_says_so()
    {
        TestDatabase? database = null;
        await using var host = await RecoveryHost.StartAsync(
            DatabaseProvider.PostgreSql,
            s => s.AddSingleton<IAuditListener>(new Rival(() => database!))
        );
        database = host.Database;
        var ada = await host.CreateAccountAsync();
        await host.EnrollTotpAsync(ada.Id);

        var result = await host.CallAsync<ResetMfa, MfaResetResult>(r =>
            r.RunAsync(
                Actor.CommandLine,
                ada.Id,
                new MfaResetOrder(ResetFactors.All, EnrollmentPeriod.Of(7), "lost phone"),
                RecoveryHost.Origin,
                Cancelled
            )
        );

        Assert.IsType<MfaResetResult.Changed>(result);
        Assert.True((await host.FindAsync(ada.Id)).Factors.Any);
    }

    private static async Task<int> ExpiredAsync(RecoveryHost host) =>
        (await host.RowsAsync<AuditEvent>()).Count(e => e.Type == AuditEventTypes.EnrollmentExpired);

    private static Task AnnounceAsync(RecoveryHost host) =>
        host.CallAsync<AnnounceEnrollments, bool>(async a =>
        {
            await a.RunAsync(Cancelled);
            return true;
        });

    private static Task<EnrollmentPeriodSet> SetAsync(RecoveryHost host, string accountId, int days) =>
        host.CallAsync<SetEnrollmentPeriod, EnrollmentPeriodSet>(s =>
            s.RunAsync(
                Actor.CommandLine,
                accountId,
                EnrollmentPeriod.Of(days)!.Value,
                "on leave",
                RecoveryHost.Origin,
                Cancelled
            )
        );

    /// <summary>A sign-in that lets the policy's period begin while the reset is under way.</summary>
    private sealed class Rival(Func<TestDatabase> database) : IAuditListener
    {
        public void Added(AuditEvent added)
        {
            if (added.Type == AuditEventTypes.MfaReset)
            {
                using var context = database().OpenContext();
                context.Add(
                    new MfaEnrollment
                    {
                        AccountId = added.AccountId!,
                        StartedAt = added.At,
                        EndsAt = added.At.AddDays(1),
                    }
                );
                context.SaveChanges();
            }
        }
    }
}
