using IdP.Recovery.Audit;
using IdP.Recovery.Endpoints;
using IdP.Recovery.Ports;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace IdP.Recovery;

/// <summary>Services that follow what happens to credentials.</summary>
public static class EndpointServices
{
    internal static void AddEndpoints(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddCheckedOptions<EndpointOptions>(configuration.GetSection("Endpoints"));
        services.AddSingleton(p => new OutgoingNetwork(
            p.GetRequiredService<IOptions<EndpointOptions>>().Value.AllowedNetworks
        ));
        services
            .AddHttpClient(
                OutgoingHttp.ClientName,
                (provider, client) =>
                {
                    client.Timeout = provider.GetRequiredService<IOptions<EndpointOptions>>().Value.Timeout;
                    client.MaxResponseContentBufferSize = OutgoingHttp.AnswerSize;
                }
            )
            .ConfigurePrimaryHttpMessageHandler(provider =>
                provider.GetRequiredService<OutgoingNetwork>().NewHandler()
            );
        services.AddSingleton<EndpointVault>();
        services.AddSingleton<EndpointGuards>();
        services.AddSingleton<OutgoingHttp>();
        services.AddScoped<EndpointConnectors>();
        services.AddScoped(p => new PropagateChange(
            p.GetRequiredService<UnitOfWork>(),
            p.GetRequiredService<BoundEndpoints>(),
            p.GetRequiredService<EndpointConnectors>(),
            p.GetRequiredService<EndpointVault>(),
            p.GetRequiredService<IOptions<EndpointOptions>>()
        ));
        services.AddScoped<IAuditListener, ChangeListener>();
        services.AddScoped(p => new BoundEndpoints(
            p.GetRequiredService<UnitOfWork>(),
            p.GetRequiredService<RoleNames>(),
            p.GetRequiredService<IEnumerable<IEndpointUse>>()
        ));
        services.AddScoped(p => new ReadReceipts(
            p.GetRequiredService<UnitOfWork>(),
            p.GetRequiredService<BoundEndpoints>()
        ));
        services.AddScoped(p => new DeliverWaiting(
            p.GetRequiredService<UnitOfWork>(),
            p.GetRequiredService<EndpointVault>(),
            p.GetRequiredService<WakeDelivery>(),
            p.GetRequiredService<IOptions<EndpointOptions>>(),
            p.GetRequiredService<ILogger<DeliverWaiting>>()
        ));
        services.AddScoped<KeepReceipt>();
        services.AddSingleton<EndpointWishes>();
        services.AddScoped<ActOnEndpoint>();
        services.AddScoped(p => new BindEndpoint(
            p.GetRequiredService<UnitOfWork>(),
            p.GetRequiredService<ActOnEndpoint>(),
            p.GetRequiredService<IAccounts>()
        ));
        services.AddScoped(p => new RetryDeliveries(
            p.GetRequiredService<UnitOfWork>(),
            p.GetRequiredService<EndpointConnectors>(),
            p.GetRequiredService<WakeDelivery>(),
            p.GetRequiredService<AuditLog>()
        ));
        services.AddScoped(p => new WakeDelivery(p.GetRequiredService<UnitOfWork>()));
        services.AddScoped(p => new FindDrift(
            p.GetRequiredService<UnitOfWork>(),
            p.GetRequiredService<IAccounts>(),
            p.GetRequiredService<EndpointConnectors>(),
            p.GetRequiredService<EndpointVault>(),
            p.GetRequiredService<IRoleMembers>(),
            p.GetRequiredService<PropagateChange>(),
            p.GetRequiredService<BoundEndpoints>(),
            p.GetRequiredService<AuditLog>(),
            p.GetRequiredService<ILogger<FindDrift>>()
        ));
        services.AddScoped(p => new ManageEndpoints(
            p.GetRequiredService<UnitOfWork>(),
            p.GetRequiredService<EndpointConnectors>(),
            p.GetRequiredService<EndpointVault>(),
            p.GetRequiredService<EndpointWishes>(),
            p.GetRequiredService<ActOnEndpoint>(),
            p.GetRequiredService<WakeDelivery>(),
            p.GetRequiredService<AuditLog>(),
            p.GetRequiredService<ILogger<ManageEndpoints>>()
        ));
        services.AddOutboxHandler<PropagateAudited>(PropagateAudited.Kind, OutboxLane.Access);
        services.AddOutboxHandler<DeliverChange>(DeliverChange.Kind, OutboxLane.Applications);
        services.AddOutboxHandler<SendReceiptNotice>(SendReceiptNotice.Kind, OutboxLane.Mail);
        services.AddEndpointConnector<WebhookConnector>();
        services.AddEndpointConnector<ScimConnector>();
    }

    /// <summary>Adds a kind of endpoint.</summary>
    /// <typeparam name="TConnector">Who speaks to it; made anew for every delivery.</typeparam>
    public static IServiceCollection AddEndpointConnector<TConnector>(this IServiceCollection services)
        where TConnector : class, IEndpointConnector => services.AddScoped<IEndpointConnector, TConnector>();
}
