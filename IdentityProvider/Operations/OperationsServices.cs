using IdentityProvider.DataProtection;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Operations;

/// <summary>What makes the host safe to run: keys, limits, headers, failures, health and measures.</summary>
internal static class OperationsServices
{
    public static IServiceCollection AddOperations(
        this IServiceCollection services,
        IConfiguration configuration,
        IHostEnvironment environment
    )
    {
        services.AddKeyRing(configuration, environment);
        services.AddOptions<ProxyOptions>().Bind(configuration.GetSection("Proxies")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ProxyOptions>, CheckProxies>();
        services.AddSingleton<IPostConfigureOptions<ForwardedHeadersOptions>, TrustProxies>();
        services.AddHealth();
        services.AddTelemetry(configuration);
        services.AddRequestSizes();
        services.AddPageCompression();
        services.AddProblemDetails();
        Shutdown.Add(services, configuration);
        return services;
    }

    /// <summary>Order: first of all, so that every answer has its headers and every failure its page.</summary>
    public static void UseOperations(this WebApplication app)
    {
        app.UseForwardedHeaders();
        app.UseOwnHost();
        app.UseHeaders();
        app.UsePageCompression();
        app.UseFailures();
    }
}
