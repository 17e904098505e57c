using System.Collections.Concurrent;
using System.Threading.Channels;
using IdP.Recovery.Audit;
using IdP.Recovery.Dashboard;
using IdP.Recovery.Endpoints;
using IdP.Recovery.Enrollment;
using IdP.Recovery.Ports;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IdP.Recovery;

/// <summary>
/// The scheduler of a host that has no other: workers in this process, with a queue for each lane. What is queued when the
/// process dies is a row of the outbox, which the sweep of any node finds.
/// </summary>
internal sealed partial class OwnJobs(IServiceScopeFactory scopes, TimeProvider time, ILogger<OwnJobs> logger)
    : BackgroundService,
        IRecoveryJobs
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan NightBegins = TimeSpan.FromHours(3);

    private readonly Dictionary<OutboxLane, Channel<Guid>> queues = Enum.GetValues<OutboxLane>()
        .ToDictionary(lane => lane, _ => Channel.CreateUnbounded<Guid>());

    // So that what waits long is not queued again by every sweep.
    private readonly ConcurrentDictionary<Guid, bool> queued = new();
    private CancellationToken stopping;

    public void Run(Guid entryId, OutboxLane lane)
    {
        if (queued.TryAdd(entryId, true))
        {
            queues[lane].Writer.TryWrite(entryId);
        }
    }

    public void RunAt(Guid entryId, OutboxLane lane, DateTimeOffset dueAt)
    {
        // What is due later than that is found by a sweep.
        var wait = dueAt - time.GetUtcNow();
        if (wait < 2 * Minute)
        {
            _ = RunInAsync();
        }

        async Task RunInAsync()
        {
            await Task.Delay(wait < TimeSpan.Zero ? TimeSpan.Zero : wait, time, stopping)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Run(entryId, lane);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using (var scope = scopes.CreateAsyncScope())
        {
            if (scope.ServiceProvider.GetRequiredService<IRecoveryJobs>() != this)
            {
                return;
            }
        }

        stopping = stoppingToken;
        await Task.WhenAll([
            .. queues.Select(q => WorkAsync(q.Key, q.Value.Reader, stoppingToken)),
            EveryAsync<OutboxSweep>(Minute, (sweep, stop) => sweep.RunAsync(stop), stoppingToken),
            EveryAsync<SealAudit>(Minute, (seal, stop) => seal.RunAsync(stop), stoppingToken),
            EveryAsync<AnnounceEnrollments>(Minute, (announce, stop) => announce.RunAsync(stop), stoppingToken),
            EveryAsync<DeliverWaiting>(Minute, (waiting, stop) => waiting.EraseAsync(stop), stoppingToken),
            EveryAsync<PruneRecovery>(Hour, (prune, stop) => prune.RunAsync(stop), stoppingToken),
            EveryAsync<PruneAudit>(Hour, (prune, stop) => prune.RunAsync(stop), stoppingToken),
            EveryAsync<RecordMfaCoverage>(Hour, (record, stop) => record.RunAsync(stop), stoppingToken),
            NightlyAsync<FindDrift>((drift, stop) => drift.RunAsync(stop), stoppingToken),
        ]);
    }

    private Task WorkAsync(OutboxLane lane, ChannelReader<Guid> queue, CancellationToken stoppingToken) =>
        Parallel.ForEachAsync(
            queue.ReadAllAsync(stoppingToken),
            new ParallelOptions
            {
                CancellationToken = stoppingToken,
                MaxDegreeOfParallelism =
                    lane == OutboxLane.Batches ? 1 : Math.Clamp(Environment.ProcessorCount * 2, 2, 8),
            },
            async (entryId, stop) =>
            {
                queued.TryRemove(entryId, out _);
                await DoAsync<OutboxRunner>((runner, inner) => runner.RunAsync(entryId, inner), stop);
            }
        );

    private async Task EveryAsync<TJob>(
        TimeSpan period,
        Func<TJob, CancellationToken, Task> run,
        CancellationToken stoppingToken
    )
        where TJob : notnull
    {
        while (true)
        {
            await DoAsync(run, stoppingToken);
            await Task.Delay(period, time, stoppingToken);
        }
    }

    private async Task NightlyAsync<TJob>(Func<TJob, CancellationToken, Task> run, CancellationToken stoppingToken)
        where TJob : notnull
    {
        while (true)
        {
            var now = time.GetUtcNow();
            var next = now.UtcDateTime.Date + NightBegins;
            await Task.Delay((next > now.UtcDateTime ? next : next.AddDays(1)) - now.UtcDateTime, time, stoppingToken);
            await DoAsync(run, stoppingToken);
        }
    }

    // A database that is away for a while must not end the worker.
    private async Task DoAsync<TJob>(Func<TJob, CancellationToken, Task> run, CancellationToken stoppingToken)
        where TJob : notnull
    {
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            await run(scope.ServiceProvider.GetRequiredService<TJob>(), stoppingToken);
        }
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            LogFailed(exception, typeof(TJob).Name);
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Job} failed and will be tried again")]
    private partial void LogFailed(Exception exception, string job);
}
