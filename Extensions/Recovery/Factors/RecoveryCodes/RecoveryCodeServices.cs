using Microsoft.Extensions.DependencyInjection;

namespace IdP.Recovery.Factors.RecoveryCodes;

/// <summary>Saved recovery codes.</summary>
internal static class RecoveryCodeServices
{
    public static void AddRecoveryCodes(this IServiceCollection services)
    {
        services.AddScoped<RecoveryCodeSet>();
        services.AddScoped<CreateRecoveryCodes>();
        services.AddScoped<SpendRecoveryCode>();
        services.AddScoped<HostRecoveryCodes>();
    }
}
