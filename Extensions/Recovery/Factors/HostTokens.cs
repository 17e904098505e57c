using System.Globalization;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Factors;

/// <summary>What ASP.NET Core Identity keeps among its tokens of a user for a second factor: the key of an app, and saved codes.</summary>
public interface IHostTokens
{
    /// <summary>The key, in base 32; null where there is none.</summary>
    Task<string?> FindKeyAsync(string accountId, CancellationToken cancellationToken);

    /// <summary>
    /// Puts a key there with a set of saved codes, and lets Identity ask for them from now on; false where it asks for a
    /// second factor already, or a credential has changed since the account was looked at (threat 22). Only inside a
    /// transaction.
    /// </summary>
    /// <param name="account">As it was when its password was checked.</param>
    /// <param name="key">In base 32.</param>
    /// <param name="timeStep">Of the code that was shown, which is spent.</param>
    /// <param name="codes">As they will be typed.</param>
    Task<bool> TryEnrollAsync(
        RecoverableAccount account,
        string key,
        long timeStep,
        IReadOnlyCollection<string> codes,
        CancellationToken cancellationToken
    );

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

    /// <summary>
    /// Takes one of the saved codes that Identity keeps, once; false where it is none of them. Of two who bring the same at
    /// once one is first.
    /// </summary>
    /// <param name="code">As typed.</param>
    Task<bool> TryUseCodeAsync(string accountId, string? code, CancellationToken cancellationToken);
}

internal sealed class HostTokens<TUser, TKey>(UnitOfWork work, IdentityTables<TUser, TKey> tables) : IHostTokens
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

    // As Identity joins them, in UserStoreBase.
    private const char BetweenCodes = ';';

    /// <summary>The keys, in the database's words.</summary>
    public static IQueryable<IdentityUserToken<TKey>> KeysIn(IQueryable<IdentityUserToken<TKey>> tokens) =>
        tokens.Where(t => t.LoginProvider == LoginProvider && t.Name == KeyName && t.Value != null);

    /// <summary>The saved codes, in the database's words.</summary>
    public static IQueryable<IdentityUserToken<TKey>> CodesIn(IQueryable<IdentityUserToken<TKey>> tokens) =>
        tokens.Where(t => t.LoginProvider == LoginProvider && t.Name == CodesName && t.Value != null);

    /// <summary>How many codes are left in a row of these.</summary>
    public static int Count(string? codes) =>
        codes?.Split(BetweenCodes, StringSplitOptions.RemoveEmptyEntries).Length ?? 0;

    public Task<string?> FindKeyAsync(string accountId, CancellationToken cancellationToken) =>
        KeysIn(Of(accountId)).Select(t => t.Value).SingleOrDefaultAsync(cancellationToken);

    public async Task<bool> TryEnrollAsync(
        RecoverableAccount account,
        string key,
        long timeStep,
        IReadOnlyCollection<string> codes,
        CancellationToken cancellationToken
    )
    {
        // The stamp stays: whoever is signed in goes on, and what it guards has not changed.
        var (accountId, stamp) = (account.Id, account.SecurityStamp);
        var asked = await tables
            .User(accountId)
            .Where(u => !u.TwoFactorEnabled && u.SecurityStamp == stamp)
            .ExecuteUpdateAsync(
                set =>
                    set.SetProperty(u => u.TwoFactorEnabled, true)
                        .SetProperty(u => u.ConcurrencyStamp, Secrets.NewToken()),
                cancellationToken
            );
        if (asked == 0)
        {
            return false;
        }

        // Identity makes a key when its page is looked at, which proves nothing.
        await DropAsync(accountId, cancellationToken);
        work.Context.AddRange(
            Row(accountId, LoginProvider, KeyName, key),
            Row(accountId, LoginProvider, CodesName, string.Join(BetweenCodes, codes)),
            Note(accountId, StepName, timeStep.ToString(CultureInfo.InvariantCulture))
        );
        return true;
    }

    public async Task<bool> DropAsync(string accountId, CancellationToken cancellationToken)
    {
        await Of(accountId)
            .Where(t => (t.LoginProvider == LoginProvider && t.Name == CodesName) || t.LoginProvider == OwnProvider)
            .ExecuteDeleteAsync(cancellationToken);
        return await KeysIn(Of(accountId)).ExecuteDeleteAsync(cancellationToken) == 1;
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
                await tables.LockAsync(accountId, inner);
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

    public async Task<bool> TryUseCodeAsync(string accountId, string? code, CancellationToken cancellationToken)
    {
        var typed = Secrets.Fingerprint((code ?? "").Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant());
        var kept = CodesIn(Of(accountId));
        while (await kept.Select(t => t.Value).SingleOrDefaultAsync(cancellationToken) is { } before)
        {
            var codes = before.Split(BetweenCodes, StringSplitOptions.RemoveEmptyEntries);
            var left = codes.Where(c => !Secrets.Same(Secrets.Fingerprint(c.ToUpperInvariant()), typed)).ToList();
            if (left.Count == codes.Length)
            {
                return false;
            }

            // Whoever took another one meanwhile leaves this one to be looked for again.
            var after = string.Join(BetweenCodes, left);
            if (
                await kept.Where(t => t.Value == before)
                    .ExecuteUpdateAsync(set => set.SetProperty(t => t.Value, after), cancellationToken) == 1
            )
            {
                return true;
            }
        }

        return false;
    }

    private IdentityUserToken<TKey> Note(string accountId, string name, string value) =>
        Row(accountId, OwnProvider, name, value);

    private IdentityUserToken<TKey> Row(string accountId, string provider, string name, string value)
    {
        var row = tables.New<IdentityUserToken<TKey>>();
        (row.UserId, row.LoginProvider) = (AccountKey<TKey>.Parse(accountId)!, provider);
        (row.Name, row.Value) = (name, value);
        return row;
    }

    private IQueryable<IdentityUserToken<TKey>> Of(string accountId)
    {
        var key = AccountKey<TKey>.Parse(accountId);
        return tables.Tokens.Where(t => t.UserId.Equals(key));
    }
}
