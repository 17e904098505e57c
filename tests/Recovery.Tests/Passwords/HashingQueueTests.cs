using IdP.Recovery.Passwords;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Recovery.Tests.Passwords;

public sealed class HashingQueueTests
{
    [Fact]
    public async Task No_more_run_at_once_than_allowed()
    {
        using var queue = Queue(parallel: 2, waiting: 100);
        var (running, most) = (0, 0);
        await Task.WhenAll(
            Enumerable
                .Range(0, 50)
                .Select(_ =>
                    queue.RunAsync(
                        () =>
                        {
                            var now = Interlocked.Increment(ref running);
                            InterlockedMax(ref most, now);
                            Thread.SpinWait(10_000);
                            return Interlocked.Decrement(ref running);
                        },
                        CancellationToken.None
                    )
                )
        );
        Assert.InRange(most, 1, 2);
        Assert.Equal(0, queue.Length);
    }

    [Fact]
    public async Task A_full_queue_turns_the_next_one_away_and_serves_the_others()
    {
        using var queue = Queue(parallel: 1, waiting: 1);
        using var gate = new ManualResetEventSlim();
        var first = queue.RunAsync(() => Open(gate), CancellationToken.None);
        var second = queue.RunAsync(() => 2, CancellationToken.None);
        await Assert.ThrowsAsync<HashingQueueFullException>(() => queue.RunAsync(() => 3, CancellationToken.None));
        gate.Set();
        Assert.Equal(1, await first);
        Assert.Equal(2, await second);
        Assert.Equal(4, await queue.RunAsync(() => 4, CancellationToken.None));
    }

    [Fact]
    public async Task One_who_stops_waiting_frees_the_place()
    {
        using var queue = Queue(parallel: 1, waiting: 1);
        using var gate = new ManualResetEventSlim();
        using var patience = new CancellationTokenSource();
        var first = queue.RunAsync(() => Open(gate), CancellationToken.None);
        var second = queue.RunAsync(() => 2, patience.Token);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        var third = queue.RunAsync(() => 3, CancellationToken.None);
        gate.Set();
        Assert.Equal(1, await first);
        Assert.Equal(3, await third);
    }

    [Fact]
    public async Task A_failure_frees_the_place()
    {
        using var queue = Queue(parallel: 1, waiting: 0);
        await Assert.ThrowsAsync<FormatException>(() =>
            queue.RunAsync<int>(() => throw new FormatException(), CancellationToken.None)
        );
        Assert.Equal(1, await queue.RunAsync(() => 1, CancellationToken.None));
    }

    [Fact]
    public async Task A_hash_takes_no_thread_from_the_pool_that_serves_everyone_else()
    {
        using var queue = Queue(parallel: 1, waiting: 0);
        Assert.False(await queue.RunAsync(() => Thread.CurrentThread.IsThreadPoolThread, CancellationToken.None));
        Assert.True(
            Thread.CurrentThread.IsThreadPoolThread,
            "What follows a hash must not keep its thread from the next one."
        );
    }

    [Fact]
    public async Task Those_who_wait_are_served_in_the_order_they_came()
    {
        using var queue = Queue(parallel: 1, waiting: 20);
        using var gate = new ManualResetEventSlim();
        var served = new List<int>();
        var first = queue.RunAsync(() => Open(gate), CancellationToken.None);
        var others = Enumerable
            .Range(0, 20)
            .Select(i =>
                queue.RunAsync(
                    () =>
                    {
                        served.Add(i);
                        return i;
                    },
                    CancellationToken.None
                )
            )
            .ToList();
        gate.Set();
        await first;
        await Task.WhenAll(others);
        Assert.Equal(Enumerable.Range(0, 20), served);
    }

    [Fact]
    public async Task A_flood_leaves_every_place_free_when_it_has_gone()
    {
        using var queue = Queue(parallel: 2, waiting: 8);
        using var patience = new CancellationTokenSource();
        var flood = Enumerable
            .Range(0, 500)
            .Select(i =>
                Task.Run(() =>
                    queue.RunAsync(
                        () =>
                        {
                            Thread.SpinWait(1000);
                            return i;
                        },
                        i % 3 == 0 ? patience.Token : CancellationToken.None
                    )
                )
            )
            .ToList();
        await patience.CancelAsync();
        await Task.WhenAll(flood).ContinueWith(_ => { }, TaskScheduler.Default);
        Assert.All(
            flood.Where(t => t.IsFaulted),
            t => Assert.IsType<HashingQueueFullException>(t.Exception!.InnerException)
        );
        Assert.Equal(0, queue.Length);
    }

    [Fact]
    public async Task Who_is_refused_unhashed_leaves_the_place_at_once_and_is_answered_as_late_as_after_a_hash()
    {
        var clock = new FakeTimeProvider();
        using var queue = Queue(parallel: 1, waiting: 0, clock);
        await queue.RunAsync(() => Hash(clock, TimeSpan.FromMilliseconds(100)), CancellationToken.None);
        await queue.RunAsync(() => Hash(clock, TimeSpan.FromMilliseconds(80)), CancellationToken.None);

        var answered = queue.Take().LeaveUnhashedAsync();

        Assert.Equal(0, queue.Length);
        clock.Advance(TimeSpan.FromMilliseconds(79));
        Assert.False(answered.IsCompleted);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        await answered;
    }

    private static HashingQueue Queue(int parallel, int waiting, FakeTimeProvider? clock = null) =>
        new(
            Options.Create(new HashingOptions { Parallel = parallel, Waiting = waiting }),
            clock ?? new FakeTimeProvider()
        );

    private static int Hash(FakeTimeProvider clock, TimeSpan took)
    {
        clock.Advance(took);
        return 0;
    }

    private static int Open(ManualResetEventSlim gate)
    {
        gate.Wait();
        return 1;
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen;
        while (value > (seen = Volatile.Read(ref target)))
        {
            Interlocked.CompareExchange(ref target, value, seen);
        }
    }
}
