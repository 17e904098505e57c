using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.Passwords;

/// <summary>
/// Hashes passwords on a bounded queue: as many at once as there are cores, a bounded number waiting, the rest turned
/// away at once, so that a flood of sign-ins does not starve everything else.
/// </summary>
/// <param name="options">The bounds.</param>
public sealed class HashingQueue(IOptions<HashingOptions> options, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim turns = new(options.Value.Parallel);
    private readonly HashingThreads threads = new(options.Value.Parallel);
    private readonly int places = options.Value.Parallel + options.Value.Waiting;
    private readonly int perNetwork = options.Value.PerNetwork;
    private readonly ConcurrentDictionary<string, int> networks = new(StringComparer.Ordinal);
    private long lastTook;
    private int taken;

    /// <summary>How many are being hashed or wait.</summary>
    public int Length => Volatile.Read(ref taken);

    /// <summary>Takes a place, for work that must not be begun in vain: it cannot be turned away any more.</summary>
    /// <param name="network">Whose places it counts among; null where nobody's.</param>
    /// <returns>The place, which is free again when disposed of.</returns>
    /// <exception cref="HashingQueueFullException">Every place is taken, or every place of that network.</exception>
    public Place Take(string? network = null)
    {
        // Order: count, then compare; the other way round lets parallel callers past the bound.
        if (network is not null && networks.AddOrUpdate(network, 1, (_, n) => n + 1) > perNetwork)
        {
            Leave(network);
            throw new HashingQueueFullException();
        }

        if (Interlocked.Increment(ref taken) > places)
        {
            Interlocked.Decrement(ref taken);
            Leave(network);
            throw new HashingQueueFullException();
        }

        return new(this, network);
    }

    private void Leave(string? network)
    {
        // A network that has nothing here any more is forgotten, unless somebody came meanwhile.
        if (network is not null && networks.AddOrUpdate(network, 0, (_, n) => n - 1) <= 0)
        {
            networks.TryRemove(KeyValuePair.Create(network, 0));
        }
    }

    /// <summary>Does the work when its turn comes, on a thread of the queue.</summary>
    /// <param name="work">One hash; it must not wait for anything.</param>
    /// <param name="cancellationToken">Leaves the queue; a hash under way is finished.</param>
    /// <typeparam name="T">What the work gives.</typeparam>
    /// <exception cref="HashingQueueFullException">Every place is taken.</exception>
    public async Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        using var place = Take();
        return await place.RunAsync(work, cancellationToken);
    }

    private async Task<T> RunInTurnAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        await turns.WaitAsync(cancellationToken);
        try
        {
            return await Task.Factory.StartNew(
                () => Timed(work),
                CancellationToken.None,
                TaskCreationOptions.DenyChildAttach | TaskCreationOptions.RunContinuationsAsynchronously,
                threads
            );
        }
        finally
        {
            turns.Release();
        }
    }

    private Task WaitAsLongAsAHashAsync()
    {
        // A machine that stood still in the middle of a hash makes nobody wait for as long.
        var took = TimeSpan.FromTicks(Interlocked.Read(ref lastTook));
        return Task.Delay(took < LongestWait ? took : LongestWait, time);
    }

    private T Timed<T>(Func<T> work)
    {
        var from = time.GetTimestamp();
        var result = work();
        Interlocked.Exchange(ref lastTook, time.GetElapsedTime(from).Ticks);
        return result;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        threads.Dispose();
        turns.Dispose();
    }

    /// <summary>A place in the queue.</summary>
    public sealed class Place : IDisposable
    {
        private readonly HashingQueue queue;
        private readonly string? network;
        private bool left;

        internal Place(HashingQueue queue, string? network)
        {
            this.queue = queue;
            this.network = network;
        }

        /// <summary>Does the work when its turn comes, on a thread of the queue.</summary>
        /// <param name="work">One hash; it must not wait for anything.</param>
        /// <param name="cancellationToken">Leaves the queue; a hash under way is finished.</param>
        /// <typeparam name="T">What the work gives.</typeparam>
        public Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken) =>
            queue.RunInTurnAsync(work, cancellationToken);

        /// <summary>
        /// Gives the place to somebody else and waits as long as the last hash took: what is refused unhashed is answered
        /// as late as what is hashed, at no cost.
        /// </summary>
        public Task LeaveUnhashedAsync()
        {
            Dispose();
            return queue.WaitAsLongAsAHashAsync();
        }

        /// <summary>Gives the place to somebody else.</summary>
        public void Dispose()
        {
            if (!left)
            {
                left = true;
                Interlocked.Decrement(ref queue.taken);
                queue.Leave(network);
            }
        }
    }

    // Not the pool's: there, every short step of every other request would stand behind a hash.
    private sealed class HashingThreads : TaskScheduler, IDisposable
    {
        private readonly BlockingCollection<Task> begun = [];

        public HashingThreads(int count)
        {
            for (var i = 0; i < count; i++)
            {
                new Thread(Run) { IsBackground = true, Name = "Password hashing" }.Start();
            }
        }

        public void Dispose() => begun.CompleteAdding();

        protected override void QueueTask(Task task) => begun.Add(task);

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

        protected override IEnumerable<Task> GetScheduledTasks() => [.. begun];

        private void Run()
        {
            foreach (var task in begun.GetConsumingEnumerable())
            {
                TryExecuteTask(task);
            }
        }
    }
}

/// <summary>Too many passwords are waiting to be hashed; a host answers 503 with <c>Retry-After</c>.</summary>
public sealed class HashingQueueFullException() : Exception("Too many passwords are waiting to be hashed.")
{
    /// <summary>When to try again: 5 seconds.</summary>
    public static TimeSpan RetryAfter { get; } = TimeSpan.FromSeconds(5);
}
