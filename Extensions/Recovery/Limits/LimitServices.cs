using IdP.Recovery.Addresses;
using IdP.Recovery.PasswordReset;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace IdP.Recovery;

/// <summary>How much anybody may do within a time.</summary>
internal static class LimitServices
{
    public static void AddLimits(this IServiceCollection services)
    {
        services.AddScoped<RequestLimits>();
        services.AddSingleton<Networks>();
        services.AddScoped(p => new MailLimits(
            p.GetRequiredService<RequestLimits>(),
            p.GetRequiredService<Networks>(),
            p.GetRequiredService<IOptions<PasswordResetOptions>>(),
            p.GetRequiredService<IOptions<AddressOptions>>()
        ));
    }
}
