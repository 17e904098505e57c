using Hangfire;
using Hangfire.AspNetCore;
using Hangfire.InMemory;
using Hangfire.PostgreSql;
using Hangfire.PostgreSql.Factories;
using IdentityProvider.Api;
using IdentityProvider.Data;
using IdentityProvider.OpenId;
using IdentityProvider.SharedSignals;
using IdentityProvider.SigningKeys;
using IdP.Recovery;
using IdP.Recovery.Console;
using IdP.Recovery.Hangfire;
using IdP.UI;
using Microsoft.Extensions.Options;
using Npgsql;

namespace IdentityProvider.Jobs;

internal static class JobServices
{
    public static IServiceCollection AddJobs(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddRecoveryJobsOnHangfire();
        services.AddScoped<ProviderJobBodies>();
        services.PostConfigure<NavigationOptions>(navigation =>
        {
            navigation.Console.Add(
                new("/admin/applications", "Nav.Applications", "apps", Needs: ConsoleAction.ReadSystem)
            );
            navigation.Console.Add(new(JobsDashboard.Path, "Nav.Jobs", "settings", Needs: ConsoleAction.ManageSystem));
        });
        // Of its own for each host: else the scheduler takes what static fields hold, and of two hosts that start in one
        // process one would run the other's jobs.
        services.AddSingleton<JobActivator, AspNetCoreJobActivator>();
        services.AddSingleton(_ => NewStorage(configuration));
        services.AddHangfire(hangfire =>
            hangfire.UseSimpleAssemblyNameTypeSerializer().UseRecommendedSerializerSettings()
        );
        // One server stops after the other, and what it cannot finish goes back to its row.
        services.AddRecoveryLanes(server => server.ShutdownTimeout = TimeSpan.FromSeconds(3));
        return services;
    }

    private static JobStorage NewStorage(IConfiguration configuration)
    {
        if (DatabaseOptions.ProviderOf(configuration) != DatabaseProvider.PostgreSql)
        {
            return new InMemoryStorage(new InMemoryStorageOptions { MaxExpirationTime = TimeSpan.FromHours(1) });
        }

        var options = new PostgreSqlStorageOptions
        {
            // For what another node has lost: jobs of this one are taken up at once.
            QueuePollInterval = TimeSpan.FromSeconds(15),
            // A lane may be worked through for hours, in one job.
            UseSlidingInvisibilityTimeout = true,
            // The scheduler's own locks, which a killed node leaves behind; ten minutes otherwise.
            DistributedLockTimeout = TimeSpan.FromMinutes(1),
            PrepareSchemaIfNecessary = !bool.TryParse(configuration["Database:MigrateAtStart"], out var make) || make,
        };
        return new PostgreSqlStorage(
            new NpgsqlConnectionFactory(
                PostgreSqlSettings.Complete(configuration.GetConnectionString("Default")!),
                options
            ),
            options
        );
    }

    /// <summary>Makes the scheduler's own tables: with <c>migrate</c>, for a host whose user may make none.</summary>
    public static void PrepareStorage(IConfiguration configuration)
    {
        if (DatabaseOptions.ProviderOf(configuration) == DatabaseProvider.PostgreSql)
        {
            using var connection = new NpgsqlConnection(configuration.GetConnectionString("Default"));
            connection.Open();
            PostgreSqlObjectsInstaller.Install(connection);
        }
    }

    /// <summary>
    /// Schedules what recurs, and finds at once what an earlier process left: with SQLite the scheduler begins empty, and
    /// nobody else can have anything in hand.
    /// </summary>
    public static async Task StartJobsAsync(this IServiceProvider services, CancellationToken cancellationToken)
    {
        await using (var scope = services.CreateAsyncScope())
        {
            var options = scope.ServiceProvider.GetRequiredService<IOptions<DatabaseOptions>>();
            if (options.Value.Provider == DatabaseProvider.Sqlite)
            {
                await scope.ServiceProvider.GetRequiredService<OutboxRunner>().TakeOverAsync(cancellationToken);
            }
        }

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
        recurring.AddOrUpdate<ProviderJobBodies>(
            "signals-prune",
            b => b.PruneSignalsAsync(CancellationToken.None),
            Cron.Hourly()
        );
        recurring.AddOrUpdate<ProviderJobBodies>(
            "api-prune",
            b => b.PruneApiAsync(CancellationToken.None),
            Cron.Hourly()
        );
        recurring.Trigger("recovery-coverage");
    }
}

/// <summary>What Hangfire calls for the host itself.</summary>
[AutomaticRetry(Attempts = 0)]
internal sealed class ProviderJobBodies(
    RotateSigningKeys keys,
    PruneTokens prune,
    PruneSignals signals,
    IdempotencyKeys requests
)
{
    public Task RotateKeysAsync(CancellationToken cancellationToken) => keys.RunAsync(cancellationToken);

    public Task PruneAsync(CancellationToken cancellationToken) => prune.RunAsync(cancellationToken);

    public Task PruneSignalsAsync(CancellationToken cancellationToken) => signals.RunAsync(cancellationToken);

    public Task PruneApiAsync(CancellationToken cancellationToken) => requests.PruneAsync(cancellationToken);
}
