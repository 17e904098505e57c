using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace IdP.Recovery;

/// <summary>Finding and describing accounts.</summary>
internal static class AccountServices
{
    public static void AddAccounts<TUser>(this IServiceCollection services)
        where TUser : IdentityUser
    {
        services.AddScoped<AccountQuery<TUser>>();
        services.AddScoped<IAccounts, IdentityAccounts<TUser>>();
        services.AddScoped<IAccountNames, IdentityAccountNames<TUser>>();
    }
}
