namespace IdentityProvider.SigningKeys;

internal static class SigningKeyServices
{
    public static void AddSigningKeys(this IServiceCollection services, IConfiguration configuration)
    {
        services
            .AddOptions<SigningKeyOptions>()
            .Bind(configuration.GetSection("Keys"))
            .ValidateDataAnnotations()
            .ValidateOnStart();
        services.AddSingleton<SigningKeyProtection>();
        services.AddSingleton<SigningKeySet>();
        services.AddScoped<RotateSigningKeys>();
    }
}
