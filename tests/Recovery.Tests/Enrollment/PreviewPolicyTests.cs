using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Console;
using IdP.Recovery.Enrollment;
using IdP.Recovery.Factors;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Enrollment;

/// <summary>The dry run of a policy says whom it would ask, and who would be out on which day.</summary>
public sealed class PreviewPolicyTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_rule_with_two_groups_asks_the_members_of_both(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider, NobodyMust);
        var staff = await host.CreateAccountAsync("staff@example.test");
        var finance = await host.CreateAccountAsync("finance@example.test");
        await host.CreateAccountAsync("guest@example.test");
        await JoinAsync(host, staff.Id, "Staff");
        await JoinAsync(host, finance.Id, "Finance");

        var one = await PreviewAsync(host, new(MfaRequirement.Nobody, ["Staff"]), 7);
        var both = await PreviewAsync(host, new(MfaRequirement.Nobody, ["Staff", "Finance"]), 7);

        Assert.Equal(1, one.Counts[MfaStatusFilter.NotEnrolled]);
        Assert.Equal(2, both.Counts[MfaStatusFilter.NotEnrolled]);
        Assert.Equal(1, both.Counts[MfaStatusFilter.NotRequired]);
        Assert.Equal(["finance@example.test", "staff@example.test"], both.Asked.Select(a => a.Account.Email));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Who_would_be_out_is_counted_by_day(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider, NobodyMust);
        var now = host.Time.GetUtcNow();
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        await host.CreateAccountAsync("root@example.test", administrator: true);
        for (var i = 0; i < 30; i++)
        {
            await host.CreateAccountAsync($"asked{i}@example.test", password: null);
        }

        for (var i = 0; i < 3; i++)
        {
            var running = await host.CreateAccountAsync($"running{i}@example.test", password: null);
            await AddPeriodAsync(host, running.Id, now, now.AddDays(i == 0 ? 2 : 5));
        }

        var preview = await PreviewAsync(host, new(MfaRequirement.Everybody, []), 14);
        var atOnce = await PreviewAsync(host, new(MfaRequirement.Everybody, []), 0);

        Assert.Equal(
            [(today.AddDays(2), 1), (today.AddDays(5), 2), (today.AddDays(14), 30)],
            preview.OutOn.Select(o => (o.Day, o.Count))
        );
        // People of the console get no period.
        Assert.Equal(1, preview.AtNextSignIn);
        Assert.Equal(2, atOnce.OutOn.Count);
        Assert.Equal(31, atOnce.AtNextSignIn);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_list_finds_whose_period_ends_soon(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var now = host.Time.GetUtcNow();
        var soon = await host.CreateAccountAsync("soon@example.test");
        var later = await host.CreateAccountAsync("later@example.test");
        await host.CreateAccountAsync("never@example.test");
        await AddPeriodAsync(host, soon.Id, now, now.AddDays(7));
        await AddPeriodAsync(host, later.Id, now, now.AddDays(8));

        var found = await host.CallAsync<IAccountDirectory, IReadOnlyList<string>>(d =>
            d.IdsAsync(new AccountFilter { EnrollmentEndsBy = now.AddDays(7) }, 10, Cancelled)
        );

        Assert.Equal([soon.Id], found);
    }

    private static (string, string) NobodyMust => ("AccountRecovery:Mfa:RequiredFor", "Nobody");

    private static Task<PolicyPreview> PreviewAsync(RecoveryHost host, MfaRule rule, int days) =>
        host.CallAsync<PreviewPolicy, PolicyPreview>(p => p.RunAsync(rule, EnrollmentPeriod.Of(days), Cancelled));

    private static async Task AddPeriodAsync(
        RecoveryHost host,
        string accountId,
        DateTimeOffset start,
        DateTimeOffset end
    ) =>
        await host.CallAsync<UnitOfWork, bool>(work =>
            work.RunAsync(
                _ =>
                {
                    work.Context.Add(
                        new MfaEnrollment
                        {
                            AccountId = accountId,
                            StartedAt = start,
                            EndsAt = end,
                        }
                    );
                    return Task.FromResult(true);
                },
                Cancelled
            )
        );

    private static async Task JoinAsync(RecoveryHost host, string accountId, string group) =>
        await host.CallAsync<UnitOfWork, bool>(work =>
            work.RunAsync(
                async inner =>
                {
                    var role = await work.Context.Set<IdentityRole>().SingleOrDefaultAsync(r => r.Name == group, inner);
                    if (role is null)
                    {
                        role = new IdentityRole(group) { NormalizedName = group.ToUpperInvariant() };
                        work.Context.Add(role);
                    }

                    work.Context.Add(new IdentityUserRole<string> { UserId = accountId, RoleId = role.Id });
                    return true;
                },
                Cancelled
            )
        );
}
