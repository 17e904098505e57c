using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Outbox;

/// <summary>What a process has in hand is its own for as long as it gives signs of life.</summary>
public sealed class LeaseTests
{
    private const string Ada = "ada@example.test";
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task What_a_process_held_that_died_another_takes_over_when_its_lease_is_over(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await using var other = host.StartAnother();
        await host.CreateAccountAsync(Ada);
        await host.RequestAsync(Ada);
        var early = -1;
        host.Mails.Delivering = async _ =>
        {
            await other.DrainAsync();
            early = other.Mails.Sent.Count;
            host.Time.Advance(Lease);
            await other.DrainAsync();
        };

        await host.DrainAsync();

        // Whoever was too late keeps nothing of how it went.
        Assert.Equal(0, early);
        Assert.Single(other.Mails.Sent);
        var entry = Assert.Single(await host.RowsAsync<OutboxEntry>());
        Assert.Equal(2, entry.Attempts);
        Assert.Null(entry.HeldBy);
        Assert.NotNull(entry.DoneAt);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_process_that_lives_keeps_what_it_has_in_hand_for_as_long_as_it_takes(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await using var other = host.StartAnother();
        await host.CreateAccountAsync(Ada);
        await host.RequestAsync(Ada);
        host.Mails.Delivering = async _ =>
        {
            for (var sign = 0; sign < 9; sign++)
            {
                host.Time.Advance(Lease / 3);
                await RenewAsync(host);
            }

            await other.DrainAsync();
        };

        await host.DrainAsync();

        Assert.Empty(other.Mails.Sent);
        Assert.Single(host.Mails.Sent);
        var entry = Assert.Single(await host.RowsAsync<OutboxEntry>());
        Assert.Equal((1, null), (entry.Attempts, entry.HeldBy));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_process_that_hangs_and_comes_back_sends_nothing_and_renews_nothing(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(
            provider,
            s => s.AddOutboxHandler<Hangs>(Hangs.Kind, OutboxLane.Mail)
        );
        await using var other = host.StartAnother();
        await host.CallAsync<UnitOfWork, bool>(w =>
            w.RunAsync(
                _ =>
                {
                    w.Enqueue(Hangs.Kind, "x");
                    return Task.FromResult(true);
                },
                Cancelled
            )
        );
        Exception? thrown = null;
        Hangs.Hanging.Value = async hangs =>
        {
            host.Time.Advance(Lease);
            Hangs.Hanging.Value = null;
            await other.DrainAsync();
            await RenewAsync(host);
            thrown = Record.Exception(hangs.ThrowIfOver);
        };

        await host.DrainAsync();

        Assert.IsType<OperationCanceledException>(thrown);
        var entry = Assert.Single(await host.RowsAsync<OutboxEntry>());
        Assert.Equal(2, entry.Attempts);
        Assert.NotNull(entry.DoneAt);
        Assert.Null(entry.LastError);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task What_another_has_by_now_is_not_renewed_whatever_the_clock_says(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        await host.RequestAsync(Ada);
        using var lease = await BeginAsync(host);
        await using (var context = host.Database.OpenContext())
        {
            // Its clock is ahead.
            await context
                .Set<OutboxEntry>()
                .ExecuteUpdateAsync(set => set.SetProperty(e => e.HeldBy, Guid.CreateVersion7()), Cancelled);
        }

        host.Time.Advance(Lease / 3);
        await RenewAsync(host);
        Assert.True(lease.IsHeld);
        host.Time.Advance(2 * Lease / 3);

        Assert.False(lease.IsHeld);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task One_that_ends_late_does_not_end_the_one_after_it(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        await host.RequestAsync(Ada);
        var late = await BeginAsync(host);
        host.Time.Advance(Lease);
        using var next = await BeginAsync(host);

        late.Dispose();
        host.Time.Advance(Lease / 3);
        await RenewAsync(host);
        host.Time.Advance(2 * Lease / 3);

        Assert.True(next.IsHeld);
    }

    [Fact]
    public async Task Whoever_takes_five_minutes_for_an_entry_is_renewed_no_more()
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite);
        await host.CreateAccountAsync(Ada);
        await host.RequestAsync(Ada);
        using var lease = await BeginAsync(host);
        var began = host.Time.GetUtcNow();

        while (lease.IsHeld)
        {
            host.Time.Advance(Lease / 3);
            await RenewAsync(host);
        }

        Assert.InRange(host.Time.GetUtcNow() - began, TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(5) + Lease);
        Assert.True(lease.Over.IsCancellationRequested);
    }

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

    private static Task<OutboxLease> BeginAsync(RecoveryHost host) =>
        host.InScopeAsync(async p =>
        {
            var leases = p.GetRequiredService<OutboxLeases>();
            var id = Assert.Single(await host.RowsAsync<OutboxEntry>()).Id;
            return leases.Begin((await p.GetRequiredService<UnitOfWork>().TakeDueAsync(id, leases, Cancelled))!);
        });

    private static Task<bool> RenewAsync(RecoveryHost host) =>
        host.CallAsync<OutboxLeases, bool>(async l =>
        {
            await l.RenewAsync(Cancelled);
            return true;
        });

    private sealed class Hangs(OutboxHold hold) : IOutboxHandler
    {
        public const string Kind = "tests.hangs";

        public static AsyncLocal<Func<OutboxHold, Task>?> Hanging { get; } = new();

        public Task HandleAsync(OutboxEntry entry, CancellationToken cancellationToken) =>
            Hanging.Value?.Invoke(hold) ?? Task.CompletedTask;
    }

    private sealed class Woken : IRecoveryJobs
    {
        public List<OutboxLane> Lanes { get; } = [];

        public void Wake(OutboxLane lane) => Lanes.Add(lane);
    }
}
