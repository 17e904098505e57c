using IdP.Recovery.Factors.Passkeys;
using IdP.Recovery.Factors.RecoveryCodes;
using IdP.Recovery.Factors.Totp;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace IdP.Recovery.Factors;

/// <summary>Which factors there are, each with its folder.</summary>
internal static class FactorServices
{
    public static void AddFactors<TUser, TKey>(this IServiceCollection services, IConfiguration configuration)
        where TUser : IdentityUser<TKey>
        where TKey : IEquatable<TKey>
    {
        services.AddCheckedOptions<MfaOptions>(configuration.GetSection("Mfa"));
        services.AddSingleton<MfaPolicy>();
        services.AddScoped<FactorQuery<TUser, TKey>>();
        services.AddScoped<VerifyFactor>();
        services.AddScoped<FactorStandings>();
        services.AddScoped<RemoveFactors>();
        services.AddOutboxHandler<SendFactorNotice>(SendFactorNotice.Kind, OutboxLane.Mail);
        services.AddScoped<IHostTokens, HostTokens<TUser, TKey>>();
        services.AddTotp(configuration);
        services.AddPasskeys<TUser, TKey>(configuration);
        services.AddRecoveryCodes();
        services.AddScoped<RememberedBrowsers>();
    }
}
