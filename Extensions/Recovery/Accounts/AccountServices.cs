using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace IdP.Recovery;

/// <summary>Finding and describing accounts.</summary>
internal static class AccountServices
{
    public static void AddAccounts<TUser, TKey>(this IServiceCollection services, IConfiguration configuration)
        where TUser : IdentityUser<TKey>
        where TKey : IEquatable<TKey>
    {
        services.AddCheckedOptions<RoleOptions>(configuration.GetSection("Roles"));
        services.AddSingleton<RoleNames>();
        services.AddScoped<IdentityTables<TUser, TKey>>();
        services.AddScoped<AccountQuery<TUser, TKey>>();
        services.AddScoped<IAccounts, IdentityAccounts<TUser, TKey>>();
        services.AddScoped<IRoleMembers, IdentityAccounts<TUser, TKey>>();
        services.AddScoped<IAccountNames, IdentityAccountNames<TUser, TKey>>();
    }
}
