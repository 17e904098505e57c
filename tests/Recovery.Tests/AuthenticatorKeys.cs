using IdentityProvider.Accounts;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;

namespace Recovery.Tests;

/// <summary>The authenticator key and recovery codes of an account, as ASP.NET Core Identity keeps them.</summary>
internal static class AuthenticatorKeys
{
    public static Task<string> SetAsync(RecoveryHost host, string accountId) =>
        host.InScopeAsync(async p =>
        {
            var users = p.GetRequiredService<UserManager<Account>>();
            var account = (await users.FindByIdAsync(accountId))!;
            await users.ResetAuthenticatorKeyAsync(account);
            await users.GenerateNewTwoFactorRecoveryCodesAsync(account, 10);
            return (await users.GetAuthenticatorKeyAsync(account))!;
        });

    public static Task<string?> GetAsync(RecoveryHost host, string accountId) =>
        host.InScopeAsync(async p =>
        {
            var users = p.GetRequiredService<UserManager<Account>>();
            return await users.GetAuthenticatorKeyAsync((await users.FindByIdAsync(accountId))!);
        });

    public static Task<int> CountCodesAsync(RecoveryHost host, string accountId) =>
        host.InScopeAsync(async p =>
        {
            var users = p.GetRequiredService<UserManager<Account>>();
            return await users.CountRecoveryCodesAsync((await users.FindByIdAsync(accountId))!);
        });
}
