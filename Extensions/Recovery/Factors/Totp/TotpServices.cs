using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace IdP.Recovery.Factors.Totp;

/// <summary>Authenticator apps.</summary>
internal static class TotpServices
{
    public static void AddTotp(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddCheckedOptions<TotpOptions>(configuration.GetSection("Totp"));
        services.AddSingleton<TotpKeys>();
        services.AddScoped<TotpCodes>();
        services.AddScoped<HostTotpKey>();
        services.AddScoped<EnrollTotp>();
        services.AddScoped<EnrollHostTotp>();
        services.AddScoped<ManageTotp>();
        services.AddScoped<RotateTotp>();
    }
}
