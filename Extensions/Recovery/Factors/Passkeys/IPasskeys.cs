using IdP.Recovery.Factors.Passkeys;
using Microsoft.AspNetCore.Identity;

namespace IdP.Recovery;

/// <summary>
/// The passkeys of the host's accounts, as they are kept. Implemented beside <see cref="IAccounts"/> by the one other
/// class that knows Identity.
/// </summary>
public interface IPasskeys
{
    /// <summary>A passkey by its credential id, whoever's it is; null when there is none. One query.</summary>
    Task<KeptPasskey?> FindAsync(byte[] credentialId, CancellationToken cancellationToken);

    /// <summary>What a ceremony needs of an account's passkeys, oldest first.</summary>
    Task<IReadOnlyList<KeptPasskey>> KeptAsync(string accountId, CancellationToken cancellationToken);

    /// <summary>Keeps a new passkey; null when the account has <paramref name="limit"/> already. In a transaction.</summary>
    /// <param name="made">Checked, and with its name.</param>
    /// <param name="limit">How many an account may have.</param>
    Task<Passkey?> AddAsync(string accountId, NewPasskey made, int limit, CancellationToken cancellationToken);

    /// <summary>Keeps the counter, the backup state and the time of a use. In a transaction.</summary>
    /// <param name="use">Checked, all but its counter.</param>
    /// <param name="takesOldCounter">Whether the use is kept too when the counter went back.</param>
    Task<PasskeyCounter> RecordUseAsync(PasskeyUse use, bool takesOldCounter, CancellationToken cancellationToken);

    /// <summary>An account's passkeys as their owner sees them, oldest first.</summary>
    Task<IReadOnlyList<Passkey>> ListAsync(string accountId, CancellationToken cancellationToken);

    /// <summary>How many passkeys an account has: one query.</summary>
    Task<int> CountAsync(string accountId, CancellationToken cancellationToken);

    /// <summary>Gives a passkey another name; false when it is not one of that account. In a transaction.</summary>
    /// <param name="passkeyId">As <see cref="Passkey.Id"/>.</param>
    /// <param name="name">From <see cref="Passkey.CleanName"/>.</param>
    Task<bool> RenameAsync(string accountId, string? passkeyId, string name, CancellationToken cancellationToken);

    /// <summary>Removes every passkey of an account; returns how many. In a transaction.</summary>
    Task<int> RemoveAllAsync(string accountId, CancellationToken cancellationToken);

    /// <summary>Removes a passkey; false when it is not one of that account. In a transaction.</summary>
    /// <param name="passkeyId">As <see cref="Passkey.Id"/>.</param>
    Task<bool> RemoveAsync(string accountId, string? passkeyId, CancellationToken cancellationToken);
}

/// <summary>A passkey as the ceremonies need it.</summary>
/// <param name="PublicKey">As COSE.</param>
/// <param name="UserHandle">
/// Whom the authenticator knows the owner as; null for a passkey that Identity made itself, which is the account's id.
/// </param>
/// <param name="BackupEligible">Whether it may be synced, which never changes.</param>
/// <param name="Transports">How its authenticator is reached, as WebAuthn names.</param>
/// <param name="Name">What the owner calls it.</param>
public sealed record KeptPasskey(
    string AccountId,
    byte[] CredentialId,
    byte[] PublicKey,
    byte[]? UserHandle,
    bool BackupEligible,
    IReadOnlyList<string> Transports,
    string Name
);

/// <summary>A passkey that was just made, and is right.</summary>
/// <param name="Info">As Identity keeps it.</param>
/// <param name="UserHandle">Whom the authenticator knows the owner as.</param>
/// <param name="Aaguid">The authenticator's model, as it says itself; all zero where it says nothing.</param>
public sealed record NewPasskey(UserPasskeyInfo Info, byte[] UserHandle, Guid Aaguid);

/// <summary>A use that is right, all but its counter.</summary>
/// <param name="AccountId">Whose passkey.</param>
/// <param name="SignCount">The counter of this use; always 0 for an authenticator that does not count.</param>
/// <param name="BackedUp">Whether it is synced now.</param>
/// <param name="UserVerified">Whether the person was verified, this time.</param>
/// <param name="Name">What the owner calls it.</param>
public sealed record PasskeyUse(
    string AccountId,
    byte[] CredentialId,
    uint SignCount,
    bool BackedUp,
    bool UserVerified,
    string Name
);

/// <summary>What a use's counter says (WebAuthn 6.1.1).</summary>
public enum PasskeyCounter
{
    /// <summary>It went on, or the authenticator does not count.</summary>
    WentOn,

    /// <summary>It is not above the one before: there may be a copy of the passkey.</summary>
    WentBack,

    /// <summary>The passkey is gone.</summary>
    Gone,
}
