using Hangfire;
using Hangfire.States;
using IdP.Recovery.Audit;
using IdP.Recovery.Dashboard;
using IdP.Recovery.Endpoints;
using IdP.Recovery.Enrollment;
using IdP.Recovery.Ports;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace IdP.Recovery.Hangfire;

/// <summary>Runs the plugin's work on Hangfire. The host sets up Hangfire's storage.</summary>
public static class RecoveryOnHangfire
{
    /// <summary>Registers <see cref="IRecoveryJobs"/>.</summary>
    public static IServiceCollection AddRecoveryJobsOnHangfire(this IServiceCollection services)
    {
        services.AddSingleton<IRecoveryJobs, RecoveryJobs>();
        services.AddScoped<RecoveryJobBodies>();
        services.AddScoped<AuditJobBodies>();
        return services;
    }

    /// <summary>
    /// Adds a server of Hangfire for the lanes, with more workers than lanes so that none waits for another, and one for what
    /// recurs. A lane may be worked through for hours in one job: a storage that gives long jobs to another worker must be told
    /// to look for signs of life (<c>UseSlidingInvisibilityTimeout</c>).
    /// </summary>
    /// <param name="configure">Further settings of each; the queues and the workers are set.</param>
    public static IServiceCollection AddRecoveryLanes(
        this IServiceCollection services,
        Action<BackgroundJobServerOptions>? configure = null
    )
    {
        // A lane has one worker at a time in a process; a job that finds it at work is done at once.
        var lanes = Enum.GetValues<OutboxLane>();
        AddServer("lanes", lanes.Length + 2, [.. lanes.Select(QueueOf)]);

        // What recurs, prunings among it, comes all at once at the full hour.
        AddServer(EnqueuedState.DefaultQueue, 2, EnqueuedState.DefaultQueue);
        return services;

        void AddServer(string name, int workers, params string[] queues) =>
            services.AddHangfireServer(server =>
            {
                configure?.Invoke(server);
                server.ServerName = $"{Environment.MachineName}:{Environment.ProcessId}:{name}";
                server.Queues = queues;

                // What comes by the clock, one server of a process looks for.
                server.IsLightweightServer = name != EnqueuedState.DefaultQueue;
                server.WorkerCount = workers;
            });
    }

    internal static string QueueOf(OutboxLane lane) =>
        lane switch
        {
            OutboxLane.Access => "access",
            OutboxLane.Applications => "applications",
            OutboxLane.Mail => "mail",
            OutboxLane.Batches => "batches",
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    /// <summary>
    /// Schedules the announcing, the audit's sealing and the erasing of passwords every minute, both prunings and the day's
    /// coverage every hour, and the search for drift every night. To be called once the storage is there.
    /// </summary>
    /// <param name="jobs">Hangfire's recurring jobs.</param>
    public static void AddRecoveryJobs(this IRecurringJobManager jobs)
    {
        jobs.AddOrUpdate<AuditJobBodies>(
            "recovery-audit-seal",
            b => b.SealAsync(CancellationToken.None),
            Cron.Minutely()
        );
        jobs.AddOrUpdate<AuditJobBodies>(
            "recovery-audit-prune",
            b => b.PruneAsync(CancellationToken.None),
            Cron.Hourly()
        );
        jobs.AddOrUpdate<RecoveryJobBodies>(
            "recovery-enrollments",
            b => b.AnnounceAsync(CancellationToken.None),
            Cron.Minutely()
        );
        jobs.AddOrUpdate<RecoveryJobBodies>(
            "recovery-erase-passwords",
            b => b.ErasePasswordsAsync(CancellationToken.None),
            Cron.Minutely()
        );
        jobs.AddOrUpdate<RecoveryJobBodies>(
            "recovery-drift",
            b => b.FindDriftAsync(CancellationToken.None),
            Cron.Daily(3)
        );
        jobs.AddOrUpdate<RecoveryJobBodies>("recovery-prune", b => b.PruneAsync(CancellationToken.None), Cron.Hourly());
        jobs.AddOrUpdate<RecoveryJobBodies>(
            "recovery-coverage",
            b => b.RecordCoverageAsync(CancellationToken.None),
            Cron.Hourly()
        );
    }
}

/// <summary>
/// Wakes a lane by a job of Hangfire, on whichever node: of many calls within a moment the first and one for the rest, and
/// none where this process is at it anyway.
/// </summary>
internal sealed partial class RecoveryJobs(
    IBackgroundJobClient client,
    OutboxRunner runner,
    TimeProvider time,
    ILogger<RecoveryJobs> logger
) : IRecoveryJobs
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(100);

    private readonly Lock gate = new();
    private readonly Dictionary<OutboxLane, long> woken = [];
    private readonly HashSet<OutboxLane> later = [];

    public void Wake(OutboxLane lane)
    {
        if (runner.LookAgain(lane))
        {
            return;
        }

        lock (gate)
        {
            if (woken.TryGetValue(lane, out var last) && time.GetElapsedTime(last) < Moment)
            {
                if (later.Add(lane))
                {
                    _ = WakeLaterAsync(lane);
                }

                return;
            }

            woken[lane] = time.GetTimestamp();
        }

        // The row is already committed: a scheduler that is away must not fail the request, and the row is found.
        try
        {
            client.Enqueue<RecoveryJobBodies>(
                RecoveryOnHangfire.QueueOf(lane),
                b => b.RunAsync(lane, CancellationToken.None)
            );
        }
        catch (Exception exception)
        {
            LogNotTold(exception, lane);
        }
    }

    private async Task WakeLaterAsync(OutboxLane lane)
    {
        await Task.Delay(Moment, time);
        lock (gate)
        {
            later.Remove(lane);
            woken.Remove(lane);
        }

        Wake(lane);
    }

    [LoggerMessage(
        LogLevel.Warning,
        "Hangfire could not be told of work in the lane {Lane}; it is found within seconds"
    )]
    private partial void LogNotTold(Exception exception, OutboxLane lane);
}

/// <summary>
/// What Hangfire calls. Tries again by itself never: the outbox keeps count and waits longer each time. Nothing here holds
/// Hangfire's lock, which a killed node would leave behind: the rows themselves keep two nodes apart.
/// </summary>
[AutomaticRetry(Attempts = 0)]
public sealed class RecoveryJobBodies(
    OutboxRunner runner,
    AnnounceEnrollments enrollments,
    PruneRecovery prune,
    RecordMfaCoverage coverage,
    DeliverWaiting waiting,
    FindDrift drift
)
{
    /// <summary>Works through a lane of the outbox.</summary>
    /// <param name="cancellationToken">Hangfire's: the server stops.</param>
    public Task RunAsync(OutboxLane lane, CancellationToken cancellationToken) =>
        runner.RunAsync(lane, cancellationToken);

    /// <summary>Reminds people to enroll, and tells them when it is too late.</summary>
    /// <param name="cancellationToken">Hangfire's: the server stops.</param>
    public Task AnnounceAsync(CancellationToken cancellationToken) => enrollments.RunAsync(cancellationToken);

    /// <summary>Erases passwords that did not reach a service in time.</summary>
    /// <param name="cancellationToken">Hangfire's: the server stops.</param>
    public Task ErasePasswordsAsync(CancellationToken cancellationToken) => waiting.EraseAsync(cancellationToken);

    /// <summary>Finds accounts that a service holds otherwise than they are here.</summary>
    /// <param name="cancellationToken">Hangfire's: the server stops.</param>
    public Task FindDriftAsync(CancellationToken cancellationToken) => drift.RunAsync(cancellationToken);

    /// <summary>Drops what is past its retention.</summary>
    /// <param name="cancellationToken">Hangfire's: the server stops.</param>
    public Task PruneAsync(CancellationToken cancellationToken) => prune.RunAsync(cancellationToken);

    /// <summary>Keeps how many accounts have a second factor today.</summary>
    /// <param name="cancellationToken">Hangfire's: the server stops.</param>
    public Task RecordCoverageAsync(CancellationToken cancellationToken) => coverage.RunAsync(cancellationToken);
}

/// <summary>What Hangfire calls for the audit.</summary>
[AutomaticRetry(Attempts = 0)]
public sealed class AuditJobBodies(SealAudit seal, PruneAudit prune)
{
    /// <summary>Gives events their places in the chain.</summary>
    /// <param name="cancellationToken">Hangfire's: the server stops.</param>
    public Task SealAsync(CancellationToken cancellationToken) => seal.RunAsync(cancellationToken);

    /// <summary>Removes what is past its retention.</summary>
    /// <param name="cancellationToken">Hangfire's: the server stops.</param>
    public Task PruneAsync(CancellationToken cancellationToken) => prune.RunAsync(cancellationToken);
}
