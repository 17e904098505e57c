using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace IdP.Recovery.Factors.Passkeys;

/// <summary>Passkeys, in the table that Identity has for them.</summary>
internal static class PasskeyServices
{
    public static void AddPasskeys<TUser>(this IServiceCollection services, IConfiguration configuration)
        where TUser : IdentityUser
    {
        services.AddCheckedOptions<PasskeyOptions>(configuration.GetSection("Passkeys"));
        services.ConfigureOptions<ConfigurePasskeys>();

        // The first version of Identity's model that has passkeys; the host's context reads it from here.
        services.Configure<IdentityOptions>(identity =>
            identity.Stores.SchemaVersion = IdentitySchemaVersions.Version3
        );
        services.TryAddScoped<IPasskeyHandler<TUser>, PasskeyHandler<TUser>>();
        services.AddScoped<IPasskeys, IdentityPasskeys<TUser>>();
        services.AddSingleton<PasskeyAttestations>();
        services.AddScoped<PasskeyChallenges>();
        services.AddScoped<CreatePasskey>();
        services.AddScoped<UsePasskey>();
        services.AddScoped<ListPasskeys>();
        services.AddScoped<RenamePasskey>();
        services.AddScoped<RemovePasskey>();
    }
}
