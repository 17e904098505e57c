using IdP.Recovery;
using IdP.Recovery.Ports;
using Microsoft.Extensions.Options;

namespace IdentityProvider.SharedSignals;

/// <summary>A transmitter of the Shared Signals Framework 1.0.</summary>
internal static class SharedSignalsServices
{
    // A receiver's 'no' is two short strings.
    private const int AnswerSize = 16 * 1024;

    public static IServiceCollection AddSharedSignals(this IServiceCollection services, IConfiguration configuration)
    {
        services
            .AddOptions<SharedSignalsOptions>()
            .Bind(configuration.GetSection("SharedSignals"))
            .ValidateDataAnnotations()
            .ValidateOnStart();
        services.AddSingleton<ReceiverNetwork>();
        services.AddSingleton<SignalAccess>();
        services.AddScoped<SignalStreams>();
        services.AddScoped<SecurityEventTokens>();
        services.AddScoped<PollEndpoint>();
        services.AddScoped<PruneSignals>();
        services.AddScoped<IAuditListener, SignalListener>();
        services.AddOutboxHandler<FanOutSignals>(FanOutSignals.Kind, OutboxLane.Applications);
        services.AddOutboxHandler<PushSignal>(PushSignal.Kind, OutboxLane.Applications);
        services
            .AddHttpClient(
                PushSignal.Kind,
                (provider, client) =>
                {
                    client.Timeout = provider.GetRequiredService<IOptions<SharedSignalsOptions>>().Value.PushTimeout;
                    client.MaxResponseContentBufferSize = AnswerSize;
                }
            )
            .ConfigurePrimaryHttpMessageHandler(provider =>
                provider.GetRequiredService<ReceiverNetwork>().NewHandler()
            );
        return services;
    }

    public static void MapSharedSignals(this IEndpointRouteBuilder endpoints)
    {
        TransmitterMetadata.Map(endpoints);
        StreamEndpoints.Map(endpoints);
        StatusEndpoints.Map(endpoints);
        SubjectEndpoints.Map(endpoints);
        PollEndpoint.Map(endpoints);
    }
}
