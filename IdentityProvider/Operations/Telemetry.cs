using IdP.Recovery;
using Npgsql;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace IdentityProvider.Operations;

/// <summary>
/// Sends the instruments of <see cref="RecoveryMetrics"/>, ASP.NET Core's, and traces to an OTLP collector, when
/// <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> names one; otherwise nothing is gathered.
/// </summary>
internal static class Telemetry
{
    public static void AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        if (string.IsNullOrEmpty(configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
        {
            return;
        }

        services
            .AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("idp"))
            .WithMetrics(metrics =>
                metrics
                    .AddMeter(RecoveryMetrics.MeterName)
                    .AddMeter("Npgsql")
                    .AddAspNetCoreInstrumentation()
                    .AddHttpClientInstrumentation()
                    .AddRuntimeInstrumentation()
            )
            .WithTracing(traces =>
                traces
                    .AddSource(RecoveryMetrics.MeterName)
                    .AddAspNetCoreInstrumentation(http =>
                        http.Filter = request => !request.Request.Path.StartsWithSegments("/health")
                    )
                    .AddHttpClientInstrumentation()
                    .AddEntityFrameworkCoreInstrumentation()
                    .AddNpgsql()
            )
            .UseOtlpExporter();
    }
}
