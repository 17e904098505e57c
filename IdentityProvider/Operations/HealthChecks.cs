using Hangfire;
using IdentityProvider.Data;
using IdentityProvider.SigningKeys;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace IdentityProvider.Operations;

/// <summary><c>/health/live</c>: the process answers. <c>/health/ready</c>: it can serve.</summary>
internal static class Health
{
    public static void AddHealth(this IServiceCollection services) =>
        services
            .AddHealthChecks()
            .AddCheck<Shutdown>("host")
            .AddCheck<DatabaseCheck>("database")
            .AddCheck<KeysCheck>("keys")
            .AddCheck<JobsCheck>("jobs");

    public static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapHealthChecks("/health/live", new() { Predicate = _ => false });
        endpoints.MapHealthChecks("/health/ready", new() { ResponseWriter = WriteAsync });
    }

    // Which part is not ready, and nothing about why: the log has that.
    private static Task WriteAsync(HttpContext http, HealthReport report) =>
        http.Response.WriteAsJsonAsync(
            new
            {
                status = report.Status.ToString(),
                checks = report.Entries.ToDictionary(e => e.Key, e => e.Value.Status.ToString()),
            },
            http.RequestAborted
        );
}

internal sealed class DatabaseCheck(IdpDbContext context) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext healthCheck,
        CancellationToken cancellationToken
    ) =>
        (await context.Database.GetPendingMigrationsAsync(cancellationToken)).Any()
            ? HealthCheckResult.Unhealthy("Migrations are pending.")
            : HealthCheckResult.Healthy();
}

internal sealed class KeysCheck(SigningKeySet keys) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext healthCheck,
        CancellationToken cancellationToken
    ) => Task.FromResult(keys.Usable.Any() ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("No key."));
}

internal sealed class JobsCheck(JobStorage storage, TimeProvider time) : IHealthCheck
{
    private static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(2);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext healthCheck, CancellationToken cancellationToken)
    {
        var since = time.GetUtcNow().UtcDateTime - LongestSilence;
        return Task.FromResult(
            storage.GetMonitoringApi().Servers().Any(s => s.Heartbeat > since)
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy("No worker is alive.")
        );
    }
}
