using Fido2NetLib;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.Factors.Passkeys;

/// <summary>Passkeys, in the table that Identity has for them.</summary>
internal static class PasskeyServices
{
    public static void AddPasskeys<TUser, TKey>(this IServiceCollection services, IConfiguration configuration)
        where TUser : IdentityUser<TKey>
        where TKey : IEquatable<TKey>
    {
        services.AddCheckedOptions<PasskeyOptions>(configuration.GetSection("Passkeys"));
        services.AddSingleton<IFido2>(p => new Fido2(
            Ceremonies(
                p.GetRequiredService<IOptions<OriginOptions>>().Value,
                p.GetRequiredService<IOptions<PasskeyOptions>>().Value
            )
        ));
        services.AddScoped<PasskeyCeremonies>();
        services.AddScoped<IPasskeys, IdentityPasskeys<TUser, TKey>>();
        services.AddSingleton<IValidateOptions<PasskeyOptions>, CheckAuthenticatorFiles>();
        services.AddSingleton<AuthenticatorMetadata>();
        services.AddSingleton<PasskeyAttestations>();
        services.AddScoped<PasskeyChallenges>();
        services.AddScoped<CreatePasskey>();
        services.AddScoped<UsePasskey>();
        services.AddScoped<ListPasskeys>();
        services.AddScoped<PasskeySignals>();
        services.AddScoped<RenamePasskey>();
        services.AddScoped<RemovePasskey>();
    }

    private static Fido2Configuration Ceremonies(OriginOptions origin, PasskeyOptions passkeys)
    {
        var here = origin.Link("/");
        return new()
        {
            RPID = here.IdnHost,
            RPName = here.IdnHost,
            Origins = new HashSet<string>([origin.AsBrowsersSay(), .. passkeys.RelatedOrigins]),
            Timeout = (uint)PasskeyChallenges.Lifetime.TotalMilliseconds,
            ChallengeSize = 32,
        };
    }
}
