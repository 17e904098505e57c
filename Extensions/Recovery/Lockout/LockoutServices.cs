using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace IdP.Recovery.Lockout;

/// <summary>Failures counted, the lock, its notice and its end.</summary>
internal static class LockoutServices
{
    public static void AddLockout<TUser, TKey>(this IServiceCollection services, IConfiguration configuration)
        where TUser : IdentityUser<TKey>
        where TKey : IEquatable<TKey>
    {
        services.AddCheckedOptions<LockoutOptions>(configuration.GetSection("Lockout"));
        services.AddScoped<FailureCounts>();
        services.AddScoped<KnownBrowsers>();
        services.AddScoped<IAccountLocks, IdentityLocks<TUser, TKey>>();
        services.AddScoped<UnlockAccount>();
        services.AddOutboxHandler<SendLockoutNotice>(SendLockoutNotice.Kind, OutboxLane.Mail);
    }
}
