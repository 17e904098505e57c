using Hangfire;
using Hangfire.InMemory;
using Hangfire.PostgreSql;
using IdentityProvider.Data;
using IdentityProvider.Keys;
using IdentityProvider.OpenId;
using IdP.Recovery.Hangfire;

namespace IdentityProvider.Jobs;

internal static class JobServices
{
    public static IServiceCollection AddJobs(
        this IServiceCollection services,
        IConfiguration configuration
    )
    {
        services.AddRecoveryJobsOnHangfire();
        services.AddScoped<ProviderJobBodies>();
        services.AddHangfire(hangfire =>
        {
            hangfire.UseSimpleAssemblyNameTypeSerializer().UseRecommendedSerializerSettings();
            if (
                configuration.GetValue("Database:Provider", DatabaseProvider.Sqlite)
                == DatabaseProvider.PostgreSql
            )
            {
                hangfire.UsePostgreSqlStorage(
                    storage =>
                        storage.UseNpgsqlConnection(configuration.GetConnectionString("Default")),
                    new PostgreSqlStorageOptions { QueuePollInterval = TimeSpan.FromSeconds(1) }
                );
            }
            else
            {
                hangfire.UseInMemoryStorage(
                    new InMemoryStorageOptions { MaxExpirationTime = TimeSpan.FromHours(1) }
                );
            }
        });
        services.AddHangfireServer(server =>
        {
            server.WorkerCount = Math.Clamp(Environment.ProcessorCount * 2, 2, 8);
            server.SchedulePollingInterval = TimeSpan.FromSeconds(5);
            server.ShutdownTimeout = TimeSpan.FromSeconds(15);
        });
        return services;
    }

    /// <summary>
    /// Schedules what recurs, and finds at once what an earlier process left: with SQLite the scheduler begins empty.
    /// </summary>
    public static void StartJobs(this IServiceProvider services)
    {
        var recurring = services.GetRequiredService<IRecurringJobManager>();
        recurring.AddRecoveryJobs();
        recurring.AddOrUpdate<ProviderJobBodies>(
            "provider-keys",
            b => b.RotateKeysAsync(CancellationToken.None),
            Cron.Hourly()
        );
        recurring.AddOrUpdate<ProviderJobBodies>(
            "provider-prune",
            b => b.PruneAsync(CancellationToken.None),
            Cron.Hourly()
        );
        recurring.Trigger("recovery-outbox-sweep");
    }
}

/// <summary>What Hangfire calls for the host itself.</summary>
[AutomaticRetry(Attempts = 0)]
internal sealed class ProviderJobBodies(KeyRotation keys, PruneTokens prune)
{
    public Task RotateKeysAsync(CancellationToken cancellationToken) =>
        keys.RunAsync(cancellationToken);

    public Task PruneAsync(CancellationToken cancellationToken) =>
        prune.RunAsync(cancellationToken);
}
