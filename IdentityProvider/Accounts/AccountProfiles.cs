using IdentityProvider.Data;
using IdP.UI.Ports;
using Microsoft.EntityFrameworkCore;

namespace IdentityProvider.Accounts;

internal sealed class AccountProfiles(IdpDbContext context, TimeProvider time) : IAccountProfiles
{
    public Task<AccountProfile?> FindAsync(string accountId, CancellationToken cancellationToken) =>
        context
            .Users.Where(a => a.Id == accountId)
            .Select(a => new AccountProfile
            {
                Name = a.DisplayName,
                GivenName = a.GivenName,
                FamilyName = a.FamilyName,
                Nickname = a.Nickname,
                Birthdate = a.Birthdate,
                Website = a.Website,
                PhoneNumber = a.PhoneNumber,
                Locale = a.Locale,
                ZoneInfo = a.ZoneInfo,
                StreetAddress = a.StreetAddress,
                PostalCode = a.PostalCode,
                Locality = a.Locality,
                Region = a.Region,
                Country = a.Country,
            })
            .SingleOrDefaultAsync(cancellationToken);

    public Task SaveAsync(string accountId, AccountProfile profile, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        return context
            .Users.Where(a => a.Id == accountId)
            .ExecuteUpdateAsync(
                set =>
                    set.SetProperty(a => a.DisplayName, profile.Name)
                        .SetProperty(a => a.GivenName, profile.GivenName)
                        .SetProperty(a => a.FamilyName, profile.FamilyName)
                        .SetProperty(a => a.Nickname, profile.Nickname)
                        .SetProperty(a => a.Birthdate, profile.Birthdate)
                        .SetProperty(a => a.Website, profile.Website)
                        .SetProperty(
                            a => a.PhoneNumberConfirmed,
                            a => a.PhoneNumberConfirmed && a.PhoneNumber == profile.PhoneNumber
                        )
                        .SetProperty(a => a.PhoneNumber, profile.PhoneNumber)
                        .SetProperty(a => a.Locale, profile.Locale)
                        .SetProperty(a => a.ZoneInfo, profile.ZoneInfo)
                        .SetProperty(a => a.StreetAddress, profile.StreetAddress)
                        .SetProperty(a => a.PostalCode, profile.PostalCode)
                        .SetProperty(a => a.Locality, profile.Locality)
                        .SetProperty(a => a.Region, profile.Region)
                        .SetProperty(a => a.Country, profile.Country)
                        .SetProperty(a => a.UpdatedAt, now),
                cancellationToken
            );
    }
}
