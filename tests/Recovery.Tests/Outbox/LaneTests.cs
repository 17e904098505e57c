using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Ports;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Outbox;

/// <summary>A lane is woken when something in it is due, and worked through until nothing is.</summary>
public sealed class LaneTests
{
    private const string Ada = "ada@example.test";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_lane_is_worked_through_until_nothing_is_due_each_entry_once_by_however_many(
        DatabaseProvider provider
    )
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await using var other = host.StartAnother();
        await host.CallAsync<UnitOfWork, bool>(w =>
            w.RunAsync(
                _ =>
                {
                    for (var i = 0; i < 100; i++)
                    {
                        // Of nobody: there is nothing to mail.
                        w.Enqueue(SendPasswordReset.Kind, Guid.CreateVersion7().ToString());
                    }

                    return Task.FromResult(true);
                },
                Cancelled
            )
        );
        await host.CreateAccountAsync(Ada);
        await host.RequestAsync(Ada);
        await Task.WhenAll(
            new[] { host, other, host }.Select(h =>
                h.CallAsync<OutboxRunner, bool>(async r =>
                {
                    await r.RunAsync(OutboxLane.Mail, Cancelled);
                    return true;
                })
            )
        );

        var entries = await host.RowsAsync<OutboxEntry>();
        Assert.Equal(101, entries.Count);
        Assert.All(entries, e => Assert.Equal((1, null, true), (e.Attempts, e.HeldBy, e.DoneAt is not null)));
        Assert.Equal(1, host.Mails.Sent.Count + other.Mails.Sent.Count);
    }

    [Fact]
    public void A_call_between_the_look_and_the_end_is_not_lost()
    {
        var shift = new OutboxShift();

        Assert.False(shift.LookAgain());
        Assert.True(shift.TryBegin());
        var called = shift.Look();
        Assert.False(called.IsCompleted);
        Assert.False(shift.TryBegin());
        Assert.True(called.IsCompleted);
        Assert.False(shift.TryEnd());
        Assert.False(shift.Look().IsCompleted);
        Assert.True(shift.LookAgain());
        Assert.False(shift.TryEnd());
        shift.Look();
        Assert.True(shift.TryEnd());
        Assert.False(shift.LookAgain());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_lane_does_the_work_of_no_other(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        await host.CompleteAsync(await host.RequestTokenAsync(Ada));
        await host.RequestAsync(Ada);
        Task RunAsync(OutboxLane lane) =>
            host.CallAsync<OutboxRunner, bool>(async r =>
            {
                await r.RunAsync(lane, Cancelled);
                return true;
            });
        async Task<IEnumerable<string>> OpenAsync() =>
            (await host.RowsAsync<OutboxEntry>()).Where(e => e.DoneAt is null).Select(e => e.Kind).Distinct();

        Assert.Contains("access.end", await OpenAsync());
        await RunAsync(OutboxLane.Batches);
        await RunAsync(OutboxLane.Mail);
        Assert.Equal(["access.end"], await OpenAsync());
        await RunAsync(OutboxLane.Access);

        Assert.Empty(await OpenAsync());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_process_that_stops_gives_back_what_it_has_not_begun(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        for (var i = 0; i < 20; i++)
        {
            await host.RequestAsync(i == 0 ? Ada : $"nobody{i}@example.test");
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        host.Mails.Delivering = _ => stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            host.CallAsync<OutboxRunner, bool>(async r =>
            {
                await r.RunAsync(OutboxLane.Mail, stop.Token);
                return true;
            })
        );

        var now = host.Time.GetUtcNow();
        Assert.All(
            await host.RowsAsync<OutboxEntry>(),
            e => Assert.True(e.DoneAt is not null || (e.HeldBy is null && e.DueAt <= now && e.Attempts <= 1))
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Every_process_wakes_the_lane_of_what_is_due_when_it_is_due(DatabaseProvider provider)
    {
        var jobs = new Woken();
        await using var host = await RecoveryHost.StartAsync(
            provider,
            s => s.Replace(ServiceDescriptor.Singleton<IRecoveryJobs>(jobs))
        );
        await host.CreateAccountAsync(Ada);
        await host.RequestAsync(Ada);
        host.Mails.Accepting = _ => throw new IOException("away");
        await host.DrainAsync();
        var due = Assert.Single(await host.RowsAsync<OutboxEntry>()).DueAt;
        jobs.Lanes.Clear();
        var watch = await host.InScopeAsync(p =>
            Task.FromResult(p.GetServices<IHostedService>().OfType<OutboxWatch>().Single())
        );

        Assert.Equal(TimeSpan.FromSeconds(5), await watch.WakeDueAsync(Cancelled));
        host.Time.Advance(due - host.Time.GetUtcNow() - TimeSpan.FromSeconds(2));
        Assert.Equal(TimeSpan.FromSeconds(2), await watch.WakeDueAsync(Cancelled));
        Assert.Empty(jobs.Lanes);
        host.Time.Advance(TimeSpan.FromSeconds(2));
        await watch.WakeDueAsync(Cancelled);

        Assert.Equal([OutboxLane.Mail], jobs.Lanes);
    }

    private sealed class Woken : IRecoveryJobs
    {
        public List<OutboxLane> Lanes { get; } = [];

        public void Wake(OutboxLane lane) => Lanes.Add(lane);
    }
}
