using IdP.Recovery.Factors.Totp;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Dashboard;

/// <summary>Counts who has a second factor.</summary>
internal interface ICountMfaCoverage
{
    Task<MfaCoverage> RunAsync(CancellationToken cancellationToken);
}

/// <summary>Counts Identity's users.</summary>
internal sealed class CountMfaCoverage<TUser>(UnitOfWork work) : ICountMfaCoverage
    where TUser : IdentityUser
{
    public async Task<MfaCoverage> RunAsync(CancellationToken cancellationToken)
    {
        var users = work.Context.Set<TUser>().AsNoTracking();
        var apps = work.Context.Set<TotpAuthenticator>();
        var keys = work.Context.Set<IdentityUserPasskey<string>>();

        // The same as the status Enrolled: a replaced key that is not set up yet counts for nothing.
        var enrolled = await users.CountAsync(
            u =>
                !apps.Any(t => t.AccountId == u.Id && t.ConfirmedAt == null && t.Required)
                && (
                    u.TwoFactorEnabled
                    || apps.Any(t => t.AccountId == u.Id && t.ConfirmedAt != null)
                    || keys.Any(p => p.UserId == u.Id)
                ),
            cancellationToken
        );
        return new(enrolled, await users.CountAsync(cancellationToken));
    }
}
