using IdentityProvider.Accounts;
using IdentityProvider.Data;
using IdP.Recovery;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Tests.Support;

/// <summary>Makes accounts as tests need them, whatever the host allows people to make.</summary>
internal static class TestAccounts
{
    public static async Task<Account> CreateAsync(
        UserManager<Account> users,
        RoleManager<IdentityRole> roles,
        TimeProvider time,
        string email,
        string? password,
        bool administrator,
        Action<Account>? with
    )
    {
        var account = new Account
        {
            UserName = email,
            Email = email,
            EmailConfirmed = true,
            LockoutEnabled = true,
            CreatedAt = time.GetUtcNow(),
            UpdatedAt = time.GetUtcNow(),
        };
        with?.Invoke(account);
        if (password is not null)
        {
            account.PasswordHash = users.PasswordHasher.HashPassword(account, password);
        }

        Succeed(await users.CreateAsync(account));
        if (administrator)
        {
            if (!await roles.RoleExistsAsync(RecoverableAccount.AdministratorRole))
            {
                Succeed(await roles.CreateAsync(new IdentityRole(RecoverableAccount.AdministratorRole)));
            }

            Succeed(await users.AddToRoleAsync(account, RecoverableAccount.AdministratorRole));
        }

        return account;
    }

    private static void Succeed(IdentityResult result) =>
        Assert.True(result.Succeeded, string.Join(" ", result.Errors.Select(e => e.Description)));

    /// <summary>Changes nothing of an account but its security stamp.</summary>
    public static Task<int> ReplaceStampAsync(IServiceProvider services, string accountId) =>
        services
            .GetRequiredService<IdpDbContext>()
            .Users.Where(u => u.Id == accountId)
            .ExecuteUpdateAsync(
                set => set.SetProperty(u => u.SecurityStamp, Secrets.NewToken()),
                TestContext.Current.CancellationToken
            );
}
