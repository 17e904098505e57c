using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IdP.UI;

/// <summary>Stops a start whose pages are registered and not mapped, and tells of other ways to a new password.</summary>
internal sealed partial class CheckRecoveryPages(IServiceProvider services, ILogger<CheckRecoveryPages> logger)
    : IHostedLifecycleService
{
    // As Identity's pages and its API call them.
    private static readonly string[] OtherWays = ["forgotpassword", "resetpassword"];

    public bool AreMapped { get; set; }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // Not before: a host may map its endpoints while it starts.
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        if (!AreMapped)
        {
            throw new InvalidOperationException(
                "The recovery pages are registered and not mapped: call app.MapRecoveryPages()."
            );
        }

        var endpoints = services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints);
        foreach (var path in endpoints.OfType<RouteEndpoint>().Select(OtherWay).OfType<string>().Distinct())
        {
            LogOtherWay(path);
        }

        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private string? OtherWay(RouteEndpoint endpoint)
    {
        var path = "/" + endpoint.RoutePattern.RawText?.Trim('/');
        var names = endpoint.RoutePattern.RequiredValues.Values.OfType<string>().Prepend(path);
        return
            names.Any(n => Array.Exists(OtherWays, way => n.Contains(way, StringComparison.OrdinalIgnoreCase)))
            && !services
                .GetRequiredService<RecoveryPages.Replaced>()
                .Paths.Contains(path, StringComparer.OrdinalIgnoreCase)
            ? endpoint.DisplayName ?? path
            : null;
    }

    [LoggerMessage(
        LogLevel.Warning,
        "{Pattern} leads to a new password without gate, policy and audit: remove it, or name it in RecoveryPages:Replaces"
    )]
    private partial void LogOtherWay(string? pattern);
}
