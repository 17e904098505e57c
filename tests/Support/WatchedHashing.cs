using IdentityProvider.Accounts;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Tests.Support;

/// <summary>Lets something happen just while a password is checked.</summary>
internal static class WatchedHashing
{
    public static void WatchHashing(this IServiceCollection services, Action whileChecking)
    {
        var own = services.Last(s => s.ServiceType == typeof(IPasswordHasher<Account>));
        services.Replace(
            new(
                typeof(IPasswordHasher<Account>),
                p => new Watched(
                    (IPasswordHasher<Account>)ActivatorUtilities.CreateInstance(p, own.ImplementationType!),
                    whileChecking
                ),
                own.Lifetime
            )
        );
    }

    private sealed class Watched(IPasswordHasher<Account> inner, Action whileChecking) : IPasswordHasher<Account>
    {
        public string HashPassword(Account user, string password) => inner.HashPassword(user, password);

        public PasswordVerificationResult VerifyHashedPassword(
            Account user,
            string hashedPassword,
            string providedPassword
        )
        {
            whileChecking();
            return inner.VerifyHashedPassword(user, hashedPassword, providedPassword);
        }
    }
}
