using IdP.Recovery.Audit;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Factors.Totp;

/// <summary>
/// The authenticator key that ASP.NET Core Identity itself keeps for a user, in clear among its tokens: it is taken over
/// when it is first used here, so that nobody who brings one has to enroll again.
/// </summary>
public sealed class HostTotpKey(UnitOfWork work, TotpKeys keys, AuditLog audit)
{
    // Named in Identity's UserStoreBase, and there alone.
    internal const string LoginProvider = "[AspNetUserStore]";
    internal const string TokenName = "AuthenticatorKey";

    /// <summary>The keys, in the database's words.</summary>
    internal static IQueryable<IdentityUserToken<string>> In(DbContext context) =>
        context
            .Set<IdentityUserToken<string>>()
            .Where(t => t.LoginProvider == LoginProvider && t.Name == TokenName && t.Value != null);

    /// <summary>Moves it to where it rests encrypted and no code is taken twice. Does nothing where there is none.</summary>
    /// <param name="accountId">Whose; Identity asks that account for a second factor.</param>
    internal async Task TakeOverAsync(string accountId, CancellationToken cancellationToken)
    {
        var key = await In(work.Context)
            .Where(t => t.UserId == accountId)
            .Select(t => t.Value)
            .SingleOrDefaultAsync(cancellationToken);
        if (key is null || keys.Take(accountId, key, FactorName.Of(null, 1), work.Now) is not { } taken)
        {
            return;
        }

        await work.RunAsync(
            async inner =>
            {
                if (await DropAsync(accountId, inner))
                {
                    work.Context.Add(taken);
                    audit.Add(
                        AuditEventTypes.FactorTakenOver,
                        accountId,
                        Requester.None,
                        taken.Id.ToString(),
                        AuditReasons.Totp
                    );
                }
            },
            cancellationToken
        );
    }

    /// <summary>Removes it; false where there was none.</summary>
    internal async Task<bool> DropAsync(string accountId, CancellationToken cancellationToken) =>
        await In(work.Context).Where(t => t.UserId == accountId).ExecuteDeleteAsync(cancellationToken) == 1;
}
