namespace IdentityProvider.Clients;

internal static class ClientServices
{
    public static void AddClients(this IServiceCollection services, IConfiguration configuration)
    {
        services
            .AddOptions<ClientOptions>()
            .Bind(configuration.GetSection("Clients"))
            .ValidateDataAnnotations()
            .ValidateOnStart();
        services.AddSingleton<ProviderChanges>();
        services.AddSingleton<ClientRegistry>();
        services.AddHttpContextAccessor();
        services.AddSingleton<ClientSecrets>();
        services.AddScoped<IdP.UI.IRequestingClientSource, RequestingClients>();
        services.AddScoped<IdP.UI.Ports.IGrantList, GrantList>();
        services.AddScoped<ApplyClients>();
        services.AddScoped<RelyingPartyEndpoints>();
        services.AddScoped<ClientsReloaded>();
        services.AddScoped<RotateClientSecret>();
        services.AddScoped<RevokeConsents>();
    }
}
