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
    /// Adds a server of Hangfire for each lane, so that none waits for another, and one for what recurs.
    /// </summary>
    /// <param name="configure">Further settings of each; the queues and the workers are set.</param>
    public static IServiceCollection AddRecoveryLanes(
        this IServiceCollection services,
        Action<BackgroundJobServerOptions>? configure = null
    )
    {
        foreach (var lane in Enum.GetValues<OutboxLane>())
        {
            AddServer(QueueOf(lane), lane == OutboxLane.Batches ? 1 : Math.Clamp(Environment.ProcessorCount * 2, 2, 8));
        }

        // What recurs, prunings among it, comes all at once at the full hour.
        AddServer(EnqueuedState.DefaultQueue, 2);
        return services;

        void AddServer(string queue, int workers) =>
            services.AddHangfireServer(server =>
            {
                configure?.Invoke(server);
                server.ServerName = $"{Environment.MachineName}:{Environment.ProcessId}:{queue}";
                server.Queues = [queue];
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
    /// Schedules the sweep, the announcing and the audit's sealing every minute, both prunings and the
    /// day's coverage every hour. To be called once the
    /// storage is there.
    /// </summary>
    /// <param name="jobs">Hangfire's recurring jobs.</param>
    public static void AddRecoveryJobs(this IRecurringJobManager jobs)
    {
        jobs.AddOrUpdate<RecoveryJobBodies>(
            "recovery-outbox-sweep",
            b => b.SweepAsync(CancellationToken.None),
            Cron.Minutely()
        );
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

/// <summary>Tells Hangfire which outbox entry to run; the job carries its id and nothing else.</summary>
internal sealed partial class RecoveryJobs(IBackgroundJobClient client, ILogger<RecoveryJobs> logger) : IRecoveryJobs
{
    public void Run(Guid entryId, OutboxLane lane) =>
        Try(
            entryId,
            () =>
                client.Enqueue<RecoveryJobBodies>(
                    RecoveryOnHangfire.QueueOf(lane),
                    b => b.RunAsync(entryId, CancellationToken.None)
                )
        );

    public void RunAt(Guid entryId, OutboxLane lane, DateTimeOffset dueAt) =>
        Try(
            entryId,
            () =>
                client.Schedule<RecoveryJobBodies>(
                    RecoveryOnHangfire.QueueOf(lane),
                    b => b.RunAsync(entryId, CancellationToken.None),
                    dueAt
                )
        );

    // The row is already committed: a scheduler that is away must not fail the request, and the sweep finds the row.
    private void Try(Guid entryId, Action tell)
    {
        try
        {
            tell();
        }
        catch (Exception exception)
        {
            LogNotTold(exception, entryId);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Hangfire could not be told of outbox entry {EntryId}; the sweep will find it")]
    private partial void LogNotTold(Exception exception, Guid entryId);
}

/// <summary>
/// What Hangfire calls. Tries again by itself never: the outbox keeps count and waits longer each time. Nothing here holds
/// Hangfire's lock, which a killed node would leave behind: the rows themselves keep two nodes apart.
/// </summary>
[AutomaticRetry(Attempts = 0)]
public sealed class RecoveryJobBodies(
    OutboxRunner runner,
    OutboxSweep sweep,
    AnnounceEnrollments enrollments,
    PruneRecovery prune,
    RecordMfaCoverage coverage,
    DeliverWaiting waiting,
    FindDrift drift
)
{
    /// <summary>Runs an outbox entry.</summary>
    /// <param name="cancellationToken">Hangfire's: the server stops.</param>
    public Task RunAsync(Guid entryId, CancellationToken cancellationToken) =>
        runner.RunAsync(entryId, cancellationToken);

    /// <summary>Finds what was lost.</summary>
    /// <param name="cancellationToken">Hangfire's: the server stops.</param>
    public Task SweepAsync(CancellationToken cancellationToken) => sweep.RunAsync(cancellationToken);

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
