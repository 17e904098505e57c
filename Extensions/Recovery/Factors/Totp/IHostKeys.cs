using System.Globalization;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Factors.Totp;

/// <summary>What ASP.NET Core Identity keeps among its tokens of a user for an authenticator app.</summary>
public interface IHostKeys
{
    /// <summary>The key, in base 32; null where there is none.</summary>
    Task<string?> FindAsync(string accountId, CancellationToken cancellationToken);

    /// <summary>Removes the key, with the saved codes and every note beside it; false where there was no key.</summary>
    Task<bool> DropAsync(string accountId, CancellationToken cancellationToken);

    /// <summary>Whether a key of the account was taken over once.</summary>
    Task<bool> WasTakenAsync(string accountId, CancellationToken cancellationToken);

    /// <summary>Notes that the key was taken over, for as long as Identity asks for a second factor.</summary>
    /// <param name="authenticatorId">As what it is kept now.</param>
    void NoteTaken(string accountId, Guid authenticatorId);

    /// <summary>
    /// Notes that a code of the key that stays there was used; false where one of this time step or a later one was used
    /// before (RFC 6238, 5.2). Of two at once one is first.
    /// </summary>
    Task<bool> TryUseStepAsync(string accountId, long timeStep, CancellationToken cancellationToken);
}

internal sealed class HostKeys<TUser, TKey>(UnitOfWork work, IdentityTables<TUser, TKey> tables) : IHostKeys
    where TUser : IdentityUser<TKey>
    where TKey : IEquatable<TKey>
{
    // Named in Identity's UserStoreBase, and there alone.
    private const string LoginProvider = "[AspNetUserStore]";
    private const string KeyName = "AuthenticatorKey";
    private const string CodesName = "RecoveryCodes";

    // Ours among Identity's tokens: that what it asks for is kept here, for as long as it asks.
    private const string OwnProvider = "IdP.Recovery";
    private const string TakenName = "AuthenticatorKeyTaken";
    private const string StepName = "AuthenticatorStep";

    /// <summary>The keys, in the database's words.</summary>
    public static IQueryable<IdentityUserToken<TKey>> In(IQueryable<IdentityUserToken<TKey>> tokens) =>
        tokens.Where(t => t.LoginProvider == LoginProvider && t.Name == KeyName && t.Value != null);

    public Task<string?> FindAsync(string accountId, CancellationToken cancellationToken) =>
        In(Of(accountId)).Select(t => t.Value).SingleOrDefaultAsync(cancellationToken);

    public async Task<bool> DropAsync(string accountId, CancellationToken cancellationToken)
    {
        await Of(accountId)
            .Where(t => (t.LoginProvider == LoginProvider && t.Name == CodesName) || t.LoginProvider == OwnProvider)
            .ExecuteDeleteAsync(cancellationToken);
        return await In(Of(accountId)).ExecuteDeleteAsync(cancellationToken) == 1;
    }

    public Task<bool> WasTakenAsync(string accountId, CancellationToken cancellationToken) =>
        Of(accountId).AnyAsync(t => t.LoginProvider == OwnProvider && t.Name == TakenName, cancellationToken);

    public void NoteTaken(string accountId, Guid authenticatorId) =>
        work.Context.Add(Note(accountId, TakenName, authenticatorId.ToString()));

    public Task<bool> TryUseStepAsync(string accountId, long timeStep, CancellationToken cancellationToken) =>
        work.RunAsync(
            async inner =>
            {
                // Order: the user's row first, where whoever comes second waits.
                await tables
                    .User(accountId)
                    .ExecuteUpdateAsync(set => set.SetProperty(u => u.ConcurrencyStamp, Secrets.NewToken()), inner);
                var used = Of(accountId).Where(t => t.LoginProvider == OwnProvider && t.Name == StepName);
                var value = timeStep.ToString(CultureInfo.InvariantCulture);
                if (await used.Select(t => t.Value).SingleOrDefaultAsync(inner) is not { } before)
                {
                    work.Context.Add(Note(accountId, StepName, value));
                    return true;
                }

                return long.Parse(before, CultureInfo.InvariantCulture) < timeStep
                    && await used.ExecuteUpdateAsync(set => set.SetProperty(t => t.Value, value), inner) == 1;
            },
            cancellationToken
        );

    private IdentityUserToken<TKey> Note(string accountId, string name, string value)
    {
        var note = tables.New<IdentityUserToken<TKey>>();
        (note.UserId, note.LoginProvider) = (AccountKey<TKey>.Parse(accountId)!, OwnProvider);
        (note.Name, note.Value) = (name, value);
        return note;
    }

    private IQueryable<IdentityUserToken<TKey>> Of(string accountId)
    {
        var key = AccountKey<TKey>.Parse(accountId);
        return tables.Tokens.Where(t => t.UserId.Equals(key));
    }
}
