using IdP.Recovery.Factors;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Dashboard;

/// <summary>Counts who has a second factor.</summary>
internal interface ICountMfaCoverage
{
    Task<MfaCoverage> RunAsync(CancellationToken cancellationToken);
}

/// <summary>Counts Identity's users.</summary>
internal sealed class CountMfaCoverage<TUser, TKey>(
    IdentityTables<TUser, TKey> tables,
    FactorQuery<TUser, TKey> factors
) : ICountMfaCoverage
    where TUser : IdentityUser<TKey>
    where TKey : IEquatable<TKey>
{
    public async Task<MfaCoverage> RunAsync(CancellationToken cancellationToken)
    {
        var users = tables.Users.AsNoTracking();
        var rotated = factors.Rotated;

        // The same as the status Enrolled: a replaced key that is not set up yet counts for nothing.
        var enrolled = await users
            .Where(factors.HasAny())
            .CountAsync(u => !rotated.Any(t => t.AccountId == AccountKey<TKey>.Text(u.Id)), cancellationToken);
        return new(enrolled, await users.CountAsync(cancellationToken));
    }
}
