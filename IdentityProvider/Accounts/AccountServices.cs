using IdP.UI.Ports;
using Microsoft.AspNetCore.Identity;

namespace IdentityProvider.Accounts;

internal static class AccountServices
{
    public static void AddAccounts(this IServiceCollection services)
    {
        services.Configure<IdentityOptions>(identity =>
        {
            // EmailAddress says what an address may hold; Identity would refuse some of it as a user name.
            identity.User.AllowedUserNameCharacters = "";
            identity.User.RequireUniqueEmail = true;
        });
        services.AddScoped<CreateAccount>();
        services.AddScoped<CommandLine.ImportUsers>();
        services.AddScoped<IAccountProfiles, AccountProfiles>();
    }
}
