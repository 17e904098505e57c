using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery;

/// <summary>The addresses of Identity's users.</summary>
internal sealed partial class IdentityAccounts<TUser>
{
    public async Task<bool> SetAddressAsync(
        RecoverableAccount account,
        string address,
        CancellationToken cancellationToken
    )
    {
        var normalized =
            EmailAddress.Normalize(address) ?? throw new ArgumentException("This is not an address.", nameof(address));
        return await Users
                .Where(u =>
                    u.Id == account.Id
                    && u.SecurityStamp == account.SecurityStamp
                    && !Users.Any(other =>
                        other.Id != account.Id
                        && (other.NormalizedEmail == normalized || other.NormalizedUserName == normalized)
                    )
                )
                .ExecuteUpdateAsync(
                    set =>
                        set.SetProperty(
                                u => u.UserName,
                                u => u.NormalizedUserName == account.Address ? address : u.UserName
                            )
                            .SetProperty(
                                u => u.NormalizedUserName,
                                u => u.NormalizedUserName == account.Address ? normalized : u.NormalizedUserName
                            )
                            .SetProperty(u => u.Email, address)
                            .SetProperty(u => u.NormalizedEmail, normalized)
                            .SetProperty(u => u.EmailConfirmed, true)
                            .SetProperty(u => u.SecurityStamp, Secrets.NewToken())
                            .SetProperty(u => u.ConcurrencyStamp, Secrets.NewToken()),
                    cancellationToken
                ) == 1;
    }
}
