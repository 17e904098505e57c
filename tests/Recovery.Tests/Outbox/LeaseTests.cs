using IdentityProvider.Data;
using IdP.Recovery;
using Microsoft.EntityFrameworkCore;
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

    private static Task<OutboxLease> BeginAsync(RecoveryHost host) =>
        host.CallAsync<OutboxLeases, OutboxLease>(async leases =>
            (await leases.TakeAsync(Assert.Single(await host.RowsAsync<OutboxEntry>()).Id))!
        );

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
}
