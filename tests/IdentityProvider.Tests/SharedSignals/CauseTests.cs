using IdentityProvider.Data;
using IdentityProvider.SharedSignals;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Ports;
using IdP.UI.Ports;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.SharedSignals;

/// <summary>One cause makes its events once, and they share a <c>txn</c> (requirement 13).</summary>
public sealed class CauseTests
{
    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Sessions_that_their_owner_ends_are_told_each_and_share_a_txn(DatabaseProvider provider)
    {
        await using var host = await SignalHost.StartAsync(provider);
        var account = await host.Host.CreateAccountAsync();
        var id = await host.CreateAsync();
        using var one = await host.Idp.SignedInAsync();
        using var two = await host.Idp.SignedInAsync();
        using var three = await host.Idp.SignedInAsync();
        await host.Host.InScopeAsync(async p =>
        {
            var sessions = p.GetRequiredService<IAccountSessions>();
            var kept = (await p.GetRequiredService<ISessionList>().ListAsync(account.Id, SignalHost.Cancelled))[0].Id;
            return await sessions.EndAllAsync(account.Id, kept, SessionEndReason.EndedByOwner, SignalHost.Cancelled);
        });

        var (sets, _) = await host.PollAsync(id);
        Assert.Equal(2, sets.Count);
        Assert.Equal(2, sets.Select(SessionOf).Distinct().Count());
        Assert.Single(sets.Select(s => s.Transaction).Distinct());
        Assert.All(sets, s => Assert.Equal("user", s.Content.GetProperty("initiating_entity").GetString()));

        await host.Host.InScopeAsync(p =>
            p.GetRequiredService<IAccountSessions>()
                .EndAllAsync(account.Id, null, SessionEndReason.SignedOut, SignalHost.Cancelled)
        );
        (sets, _) = await host.PollAsync(id);
        Assert.Equal(2, sets.Select(s => s.Transaction).Distinct().Count());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task All_that_one_transaction_changes_and_the_sessions_that_end_of_it_share_a_txn(
        DatabaseProvider provider
    )
    {
        await using var host = await SignalHost.StartAsync(provider);
        var account = await host.Host.CreateAccountAsync();
        var id = await host.CreateAsync();
        using var browser = await host.Idp.SignedInAsync();
        await host.Host.InScopeAsync(async p =>
        {
            var audit = p.GetRequiredService<AuditLog>();
            await p.GetRequiredService<UnitOfWork>()
                .RunAsync(
                    _ =>
                    {
                        audit.Add(AuditEventTypes.FactorsRotated, account.Id, Requester.None);
                        host.Host.Time.Advance(TimeSpan.FromMilliseconds(1));
                        audit.Add(AuditEventTypes.ResetCompleted, account.Id, Requester.None);
                        return Task.CompletedTask;
                    },
                    SignalHost.Cancelled
                );
            return await p.GetRequiredService<IAccountSessions>()
                .EndAllAsync(account.Id, null, SessionEndReason.CredentialChanged, SignalHost.Cancelled);
        });

        var (sets, _) = await host.PollAsync(id);

        Assert.Equal(3, sets.Count);
        Assert.Single(sets.Select(s => s.Transaction).Distinct());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task One_cause_makes_one_event_however_often_its_job_runs(DatabaseProvider provider)
    {
        await using var host = await SignalHost.StartAsync(provider);
        var account = await host.Host.CreateAccountAsync();
        var id = await host.CreateAsync();
        await host.AuditAsync(account.Id, "account.suspended");
        var set = Assert.Single((await host.PollAsync(id)).Sets);
        await host.PollAsync(id, new { maxEvents = 0, ack = new[] { set.Id } });

        await host.Host.InScopeAsync(p =>
            p.GetRequiredService<IdpDbContext>()
                .Set<OutboxEntry>()
                .Where(e => e.Kind == FanOutSignals.Kind)
                .ExecuteUpdateAsync(e => e.SetProperty(o => o.DoneAt, (DateTimeOffset?)null), SignalHost.Cancelled)
        );
        host.Host.Time.Advance(TimeSpan.FromHours(1));

        Assert.Empty((await host.PollAsync(id)).Sets);
        Assert.Single(await host.EventsAsync());
    }

    private static string SessionOf(Set set) => set.Subject.GetProperty("session").GetProperty("id").GetString()!;
}
