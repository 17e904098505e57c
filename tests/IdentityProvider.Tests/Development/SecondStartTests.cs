using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Enrollment;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OpenIddict.EntityFrameworkCore.Models;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Development;

/// <summary>What Development seeds is there after the first start, and not twice after the second.</summary>
public sealed class SecondStartTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_second_start_seeds_nothing_twice_and_brings_nobody_back(DatabaseProvider provider)
    {
        await using var first = await ProviderFixture.StartAsync(provider, environment: "Development");
        await first.DrainAsync();
        Assert.Equal(3, first.Mails.Count<RecoveryMail.AccountSetUpLink>());
        var seeded = await CountAsync(first);
        Assert.Equal(61, seeded.Accounts);
        Assert.Equal(
            ["Enrolled", "EnrollmentExpired", "InEnrollment", "NotRequired"],
            (await StatesAsync(first)).Distinct().Order()
        );
        Assert.True(seeded.Clients > 0);

        await using (var second = await ProviderFixture.StartAsync(environment: "Development", besides: first))
        {
            await second.DrainAsync();
            Assert.Empty(second.Mails.Sent);
            Assert.Equal(seeded, await CountAsync(first));
        }

        await using (var context = first.Database.OpenContext())
        {
            await context.Users.Where(u => u.Email == "konrad@example.test").ExecuteDeleteAsync(Cancelled);
        }

        await using var third = await ProviderFixture.StartAsync(environment: "Development", besides: first);
        await third.DrainAsync();
        Assert.Empty(third.Mails.Sent);
        Assert.Equal(seeded with { Accounts = 60 }, await CountAsync(first));

        // Somebody has made the administrator another one.
        await using (var context = first.Database.OpenContext())
        {
            await context.Users.Where(u => u.Email == "admin@example.test").ExecuteDeleteAsync(Cancelled);
        }

        await using var fourth = await ProviderFixture.StartAsync(environment: "Development", besides: first);
        Assert.Equal(61, (await CountAsync(first)).Accounts);
    }

    private static Task<List<string>> StatesAsync(ProviderFixture host) =>
        host.InScopeAsync(async p =>
        {
            var statuses = p.GetRequiredService<EnrollmentStatuses>();
            var accounts = p.GetRequiredService<IAccounts>();
            await using var context = host.Database.OpenContext();
            var states = new List<string>();
            foreach (var id in await context.Users.Select(u => u.Id).ToListAsync(Cancelled))
            {
                var account = (await accounts.FindAsync(id, Cancelled))!;
                if (account.Audience == Audience.User)
                {
                    states.Add(statuses.Of(account).GetType().Name);
                }
            }

            return states;
        });

    private static async Task<Seeded> CountAsync(ProviderFixture host)
    {
        await using var context = host.Database.OpenContext();
        return new(
            await context.Users.CountAsync(Cancelled),
            await context.Roles.CountAsync(Cancelled),
            await context.Set<OpenIddictEntityFrameworkCoreApplication>().CountAsync(Cancelled),
            await context.Set<OpenIddictEntityFrameworkCoreScope>().CountAsync(Cancelled),
            await context.Set<OutboxEntry>().CountAsync(Cancelled),
            await context.Set<ResetRequest>().Select(r => r.AccountId).Distinct().CountAsync(Cancelled),
            await context.Set<AuditEvent>().CountAsync(e => e.Type != AuditEventTypes.ResetIssued, Cancelled)
        );
    }

    private sealed record Seeded(
        int Accounts,
        int Roles,
        int Clients,
        int Scopes,
        int Work,
        int PeopleWithALink,
        int EventsBesideLinks
    );
}
