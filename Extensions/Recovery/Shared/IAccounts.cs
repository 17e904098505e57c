using IdP.Recovery.Passwords;

namespace IdP.Recovery;

/// <summary>The accounts of the host, whatever its user type is. Implemented by the one class that knows Identity.</summary>
public interface IAccounts
{
    /// <summary>The account with an id, or null.</summary>
    /// <param name="accountId">The id.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<RecoverableAccount?> FindAsync(string accountId, CancellationToken cancellationToken);

    /// <summary>The account that an address names, or null.</summary>
    /// <param name="address">The address in the form of <see cref="EmailAddress.Normalize"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<RecoverableAccount?> FindByAddressAsync(
        string address,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// Checks a password. The try is counted before the password is looked at, so that parallel guesses cannot outrun
    /// the counter; an unknown address costs the same hash as a known one.
    /// </summary>
    /// <param name="email">What a person typed.</param>
    /// <param name="password">What a person typed.</param>
    /// <param name="origin">From where.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="HashingQueueFullException">Too many sign-ins at once.</exception>
    Task<PasswordCheck> CheckPasswordAsync(
        string? email,
        string? password,
        RequestOrigin origin,
        CancellationToken cancellationToken
    );

    /// <summary>Whether a password may be that account's; says why not.</summary>
    /// <param name="account">The account.</param>
    /// <param name="password">The new password.</param>
    PasswordVerdict JudgePassword(RecoverableAccount account, string password);

    /// <summary>Hashes a password on the bounded queue; to be done before a transaction, since it takes long.</summary>
    /// <param name="password">The new password.</param>
    /// <param name="cancellationToken">Leaves the queue.</param>
    /// <exception cref="HashingQueueFullException">Too much to hash at once.</exception>
    Task<string> HashPasswordAsync(string password, CancellationToken cancellationToken);

    /// <summary>
    /// Sets a password by a guarded update: only while the account's security stamp is the expected one, which it
    /// replaces. Lifts a lockout where asked. False when another change was first.
    /// </summary>
    /// <param name="account">The account, with the stamp that is expected.</param>
    /// <param name="passwordHash">From <see cref="HashPasswordAsync"/>.</param>
    /// <param name="liftLockout">Whether a lockout ends.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<bool> SetPasswordAsync(
        RecoverableAccount account,
        string passwordHash,
        bool liftLockout,
        CancellationToken cancellationToken
    );

    /// <summary>Replaces the authenticator key by a fresh one that nobody has enrolled, and drops recovery codes.</summary>
    /// <param name="accountId">The account.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task RotateAuthenticatorAsync(string accountId, CancellationToken cancellationToken);

    /// <summary>Locks an account until its owner resets the password, and invalidates every session at once.</summary>
    /// <param name="accountId">The account.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task LockAsync(string accountId, CancellationToken cancellationToken);
}

/// <summary>The answer to a password.</summary>
public abstract record PasswordCheck
{
    private PasswordCheck() { }

    /// <summary>The password is right.</summary>
    /// <param name="Account">Whose it is.</param>
    public sealed record Accepted(RecoverableAccount Account) : PasswordCheck;

    /// <summary>The pair is wrong; a person is told nothing more.</summary>
    public sealed record Refused : PasswordCheck;

    /// <summary>The password is right, but the account is closed to sign-in for now.</summary>
    /// <param name="Until">When the lock ends by itself; null when only a reset ends it.</param>
    public sealed record LockedOut(DateTimeOffset? Until) : PasswordCheck;
}
