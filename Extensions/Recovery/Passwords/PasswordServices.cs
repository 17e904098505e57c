using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace IdP.Recovery.Passwords;

/// <summary>What a password must be, and its hash.</summary>
internal static class PasswordServices
{
    public static void AddPasswords<TUser, TKey>(this IServiceCollection services, IConfiguration configuration)
        where TUser : IdentityUser<TKey>
        where TKey : IEquatable<TKey>
    {
        services.AddCheckedOptions<HashingOptions>(configuration.GetSection("Hashing"));
        services.AddCheckedOptions<PasswordPolicyOptions>(configuration.GetSection("Passwords"));
        services.AddSingleton<HashingQueue>();
        services.AddSingleton<PasswordPolicy>();
        services.AddSingleton<DummyPassword<TUser>>();
        services.AddScoped<IPasswords, IdentityPasswords<TUser, TKey>>();
    }
}
