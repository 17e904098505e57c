using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Operations;

/// <summary>Section <c>Shutdown</c>.</summary>
public sealed class ShutdownOptions
{
    /// <summary>
    /// How long a host that is asked to end still takes requests while <c>/health/ready</c> says that it is not ready, so
    /// that whoever spreads the load goes elsewhere first. Default 5 seconds (none in Development); 0 to 60.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00", ErrorMessage = "Shutdown:Drain must be from 0 to 60 seconds.")]
    public TimeSpan Drain { get; set; } = TimeSpan.FromSeconds(5);
}

/// <summary>
/// The order of an end: not ready any more, then no new connections, then the requests and the jobs under way to their end
/// or back.
/// </summary>
internal sealed class Shutdown(IOptions<ShutdownOptions> options) : IHostedLifecycleService, IHealthCheck
{
    // What requests and jobs under way have, once the listener is closed.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(20);

    private volatile bool ending;

    public static void Add(IServiceCollection services, IConfiguration configuration)
    {
        services
            .AddOptions<ShutdownOptions>()
            .Bind(configuration.GetSection("Shutdown"))
            .ValidateDataAnnotations()
            .ValidateOnStart();
        services.AddSingleton<Shutdown>();
        services.AddHostedService(p => p.GetRequiredService<Shutdown>());
        services
            .AddOptions<HostOptions>()
            .Configure<IOptions<ShutdownOptions>>(
                (host, shutdown) => host.ShutdownTimeout = shutdown.Value.Drain + Grace
            );
    }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken) =>
        Task.FromResult(ending ? HealthCheckResult.Unhealthy("The host ends.") : HealthCheckResult.Healthy());

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        ending = true;
        return Task.Delay(options.Value.Drain, cancellationToken);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
