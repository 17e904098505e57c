using Hangfire;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Ports;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace IdP.Recovery.Hangfire;

/// <summary>Runs the plugin's work on Hangfire. The host sets up Hangfire's storage and server.</summary>
public static class RecoveryOnHangfire
{
    /// <summary>Registers <see cref="IRecoveryJobs"/>.</summary>
    /// <param name="services">The host's services.</param>
    public static IServiceCollection AddRecoveryJobsOnHangfire(this IServiceCollection services)
    {
        services.AddSingleton<IRecoveryJobs, RecoveryJobs>();
        services.AddScoped<RecoveryJobBodies>();
        return services;
    }

    /// <summary>Schedules the sweep every minute and the pruning every hour. To be called once the storage is there.</summary>
    /// <param name="jobs">Hangfire's recurring jobs.</param>
    public static void AddRecoveryJobs(this IRecurringJobManager jobs)
    {
        jobs.AddOrUpdate<RecoveryJobBodies>(
            "recovery-outbox-sweep",
            b => b.SweepAsync(CancellationToken.None),
            Cron.Minutely()
        );
        jobs.AddOrUpdate<RecoveryJobBodies>(
            "recovery-prune",
            b => b.PruneAsync(CancellationToken.None),
            Cron.Hourly()
        );
    }
}

/// <summary>Tells Hangfire which outbox entry to run; the job carries its id and nothing else.</summary>
internal sealed partial class RecoveryJobs(
    IBackgroundJobClient client,
    ILogger<RecoveryJobs> logger
) : IRecoveryJobs
{
    public void Run(Guid entryId) =>
        Try(
            entryId,
            () =>
                client.Enqueue<RecoveryJobBodies>(b => b.RunAsync(entryId, CancellationToken.None))
        );

    public void RunAt(Guid entryId, DateTimeOffset dueAt) =>
        Try(
            entryId,
            () =>
                client.Schedule<RecoveryJobBodies>(
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

    [LoggerMessage(
        LogLevel.Warning,
        "Hangfire could not be told of outbox entry {EntryId}; the sweep will find it"
    )]
    private partial void LogNotTold(Exception exception, Guid entryId);
}

/// <summary>What Hangfire calls. Tries again by itself never: the outbox keeps count and waits longer each time.</summary>
[AutomaticRetry(Attempts = 0)]
public sealed class RecoveryJobBodies(
    OutboxRunner runner,
    OutboxSweep sweep,
    PrunePasswordResets prune
)
{
    /// <summary>Runs an outbox entry.</summary>
    /// <param name="entryId">The entry.</param>
    /// <param name="cancellationToken">Hangfire's: the server stops.</param>
    public Task RunAsync(Guid entryId, CancellationToken cancellationToken) =>
        runner.RunAsync(entryId, cancellationToken);

    /// <summary>Finds what was lost.</summary>
    /// <param name="cancellationToken">Hangfire's: the server stops.</param>
    [DisableConcurrentExecution(60)]
    public Task SweepAsync(CancellationToken cancellationToken) =>
        sweep.RunAsync(cancellationToken);

    /// <summary>Drops what is past its retention.</summary>
    /// <param name="cancellationToken">Hangfire's: the server stops.</param>
    public Task PruneAsync(CancellationToken cancellationToken) =>
        prune.RunAsync(cancellationToken);
}
