using System.Linq.Expressions;
using IdP.Recovery.Factors.RecoveryCodes;
using IdP.Recovery.Factors.Totp;
using Microsoft.AspNetCore.Identity;

namespace IdP.Recovery.Factors;

/// <summary>Which factors Identity's users have, in the database's words: what counts as one is said here alone.</summary>
internal sealed class FactorQuery<TUser, TKey>(UnitOfWork work, IdentityTables<TUser, TKey> tables)
    where TUser : IdentityUser<TKey>
    where TKey : IEquatable<TKey>
{
    /// <summary>Authenticator apps that prove something.</summary>
    public IQueryable<TotpAuthenticator> Apps =>
        work.Context.Set<TotpAuthenticator>().Where(t => t.ConfirmedAt != null);

    /// <summary>Keys that Identity itself keeps; they prove something where it asks for a second factor.</summary>
    public IQueryable<IdentityUserToken<TKey>> HostKeys => HostTokens<TUser, TKey>.KeysIn(tables.Tokens);

    /// <summary>Keys that a rotation made and nobody has enrolled yet.</summary>
    public IQueryable<TotpAuthenticator> Rotated =>
        work.Context.Set<TotpAuthenticator>().Where(t => t.ConfirmedAt == null && t.Required);

    /// <summary>Passkeys.</summary>
    public IQueryable<IdentityUserPasskey<TKey>> Passkeys => tables.Passkeys;

    /// <summary>Saved codes that are left; they stand in for a factor and are none.</summary>
    public IQueryable<RecoveryCode> Codes => work.Context.Set<RecoveryCode>().Where(c => c.UsedAt == null);

    /// <summary>Whether a user has a factor: the same as <see cref="EnrolledFactors.Any"/>.</summary>
    public Expression<Func<TUser, bool>> HasAny()
    {
        var (apps, passkeys) = (Apps, Passkeys);
        return u =>
            u.TwoFactorEnabled
            || apps.Any(t => t.AccountId == AccountKey<TKey>.Text(u.Id))
            || passkeys.Any(p => p.UserId.Equals(u.Id));
    }
}
