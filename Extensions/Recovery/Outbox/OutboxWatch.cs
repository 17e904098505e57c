using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IdP.Recovery;

/// <summary>
/// Gives signs of life for what this process has in hand, and wakes a lane when something in it is due: tried again, freed by
/// a process that died, or lost by the scheduler.
/// </summary>
internal sealed partial class OutboxWatch(
    IServiceScopeFactory scopes,
    OutboxLeases leases,
    OutboxLanes lanes,
    TimeProvider time,
    ILogger<OutboxWatch> logger
) : BackgroundService
{
    private static readonly TimeSpan LooksEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AtLeast = TimeSpan.FromMilliseconds(100);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(RenewAsync(stoppingToken), LookAsync(stoppingToken));

    private async Task RenewAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await Task.Delay(leases.Length / 3, time, stoppingToken);
            await TryAsync(() => leases.RenewAsync(stoppingToken), stoppingToken);
        }
    }

    private async Task LookAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            var wait = LooksEvery;
            await TryAsync(async () => wait = await WakeDueAsync(stoppingToken), stoppingToken);
            await Task.Delay(wait, time, stoppingToken);
        }
    }

    /// <summary>Wakes; gives how long to wait: what is due earlier than the next look is not kept waiting for it.</summary>
    internal async Task<TimeSpan> WakeDueAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var work = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        var soon = work.Now + LooksEvery;
        var next = await work
            .Context.Set<OutboxEntry>()
            .Where(e => e.DoneAt == null && e.GivenUpAt == null && e.DueAt <= soon)
            .GroupBy(e => e.Kind)
            .Select(g => new { Kind = g.Key, At = g.Min(e => e.DueAt) })
            .ToListAsync(cancellationToken);
        var now = work.Now;
        var jobs = scope.ServiceProvider.GetRequiredService<IRecoveryJobs>();
        foreach (var lane in next.Where(n => n.At <= now).Select(n => lanes.Of(n.Kind)).Distinct())
        {
            jobs.Wake(lane);
        }

        var earliest = next.Where(n => n.At > now).Select(n => n.At - now).Append(LooksEvery).Min();
        return earliest > AtLeast ? earliest : AtLeast;
    }

    // A database that is away for a while must not end it.
    private async Task TryAsync(Func<Task> work, CancellationToken stoppingToken)
    {
        try
        {
            await work();
        }
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            LogFailed(exception);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The outbox could not be looked at; it is tried again")]
    private partial void LogFailed(Exception exception);
}
