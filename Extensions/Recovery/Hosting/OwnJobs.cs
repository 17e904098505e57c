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
/// The scheduler of a host that has no other: workers in this process, some for each lane. What is not done when the process
/// dies is a row of the outbox, which any node finds.
/// </summary>
internal sealed partial class OwnJobs(
    IServiceScopeFactory scopes,
    OutboxRunner runner,
    TimeProvider time,
    ILogger<OwnJobs> logger
) : BackgroundService, IRecoveryJobs
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan NightBegins = TimeSpan.FromHours(3);

    // One call that waits is as good as many.
    private readonly Dictionary<OutboxLane, Channel<bool>> calls = Enum.GetValues<OutboxLane>()
        .ToDictionary(
            lane => lane,
            _ =>
                Channel.CreateBounded<bool>(
                    new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
                )
        );

    public void Wake(OutboxLane lane)
    {
        if (!runner.LookAgain(lane))
        {
            calls[lane].Writer.TryWrite(true);
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

        await Task.WhenAll([
            .. calls.Select(c => WorkAsync(c.Key, c.Value.Reader, stoppingToken)),
            EveryAsync<SealAudit>(Minute, (seal, stop) => seal.RunAsync(stop), stoppingToken),
            EveryAsync<AnnounceEnrollments>(Minute, (announce, stop) => announce.RunAsync(stop), stoppingToken),
            EveryAsync<DeliverWaiting>(Minute, (waiting, stop) => waiting.EraseAsync(stop), stoppingToken),
            EveryAsync<PruneRecovery>(Hour, (prune, stop) => prune.RunAsync(stop), stoppingToken),
            EveryAsync<PruneAudit>(Hour, (prune, stop) => prune.RunAsync(stop), stoppingToken),
            EveryAsync<RecordMfaCoverage>(Hour, (record, stop) => record.RunAsync(stop), stoppingToken),
            NightlyAsync<FindDrift>((drift, stop) => drift.RunAsync(stop), stoppingToken),
        ]);
    }

    private async Task WorkAsync(OutboxLane lane, ChannelReader<bool> waiting, CancellationToken stoppingToken)
    {
        await foreach (var _ in waiting.ReadAllAsync(stoppingToken))
        {
            await DoAsync<OutboxRunner>((own, stop) => own.RunAsync(lane, stop), stoppingToken);
        }
    }

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
