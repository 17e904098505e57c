using IdP.Recovery.Factors.Passkeys;
using Microsoft.AspNetCore.Identity;

namespace IdP.Recovery;

/// <summary>
/// The passkeys of the host's accounts, and ASP.NET Core Identity's handler that checks them. Implemented beside
/// <see cref="IAccounts"/> by the one other class that knows Identity.
/// </summary>
public interface IPasskeys
{
    /// <summary>Options to make a passkey, and what the handler wants back with the answer.</summary>
    /// <param name="account">Whose it will be.</param>
    Task<(string OptionsJson, string HandlerState)> DescribeCreationAsync(
        RecoverableAccount account,
        CancellationToken cancellationToken
    );

    /// <summary>Options to use a passkey, and what the handler wants back with the answer.</summary>
    /// <param name="accountId">Whose; null for anybody's that the authenticator offers.</param>
    Task<(string OptionsJson, string HandlerState)> DescribeUseAsync(
        string? accountId,
        CancellationToken cancellationToken
    );

    /// <summary>Checks a new passkey; null when the handler refuses. Keeps nothing.</summary>
    /// <param name="handlerState">From <see cref="DescribeCreationAsync"/>.</param>
    /// <param name="credentialJson">The browser's answer.</param>
    Task<UserPasskeyInfo?> CheckCreationAsync(
        string handlerState,
        string credentialJson,
        CancellationToken cancellationToken
    );

    /// <summary>Checks the use of a passkey; null when the handler refuses. Keeps nothing.</summary>
    /// <param name="handlerState">From <see cref="DescribeUseAsync"/>.</param>
    /// <param name="credentialJson">The browser's answer.</param>
    Task<PasskeyUse?> CheckUseAsync(string handlerState, string credentialJson, CancellationToken cancellationToken);

    /// <summary>Keeps a new passkey; null when the account has <paramref name="limit"/> already. In a transaction.</summary>
    /// <param name="passkey">From <see cref="CheckCreationAsync"/>, with its name.</param>
    /// <param name="limit">How many an account may have.</param>
    Task<Passkey?> AddAsync(string accountId, UserPasskeyInfo passkey, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Keeps the new counter and backup state; false when the passkey is gone, or another use with this or a later
    /// counter was first. In a transaction.
    /// </summary>
    /// <param name="use">From <see cref="CheckUseAsync"/>.</param>
    Task<bool> RecordUseAsync(PasskeyUse use, CancellationToken cancellationToken);

    /// <summary>An account's passkeys, oldest first.</summary>
    Task<IReadOnlyList<Passkey>> ListAsync(string accountId, CancellationToken cancellationToken);

    /// <summary>How many passkeys an account has: one query.</summary>
    Task<int> CountAsync(string accountId, CancellationToken cancellationToken);

    /// <summary>Gives a passkey another name; false when it is not one of that account. In a transaction.</summary>
    /// <param name="passkeyId">As <see cref="Passkey.Id"/>.</param>
    /// <param name="name">From <see cref="Passkey.CleanName"/>.</param>
    Task<bool> RenameAsync(string accountId, string? passkeyId, string name, CancellationToken cancellationToken);

    /// <summary>Removes every passkey of an account; returns how many. In a transaction.</summary>
    Task<int> RemoveAllAsync(string accountId, CancellationToken cancellationToken);

    /// <summary>Removes a passkey; false when it is not one of that account.</summary>
    /// <param name="passkeyId">As <see cref="Passkey.Id"/>.</param>
    Task<bool> RemoveAsync(string accountId, string? passkeyId, CancellationToken cancellationToken);
}

/// <summary>A use that the handler found right.</summary>
/// <param name="AccountId">Whose passkey.</param>
/// <param name="Passkey">With the counter and the backup state of this use.</param>
/// <param name="UserVerified">Whether the person was verified, this time.</param>
public sealed record PasskeyUse(string AccountId, UserPasskeyInfo Passkey, bool UserVerified);
