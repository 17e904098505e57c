using IdP.Recovery.Passwords;

namespace IdP.Recovery;

/// <summary>The accounts of the host, whatever its user type is. Implemented by the one class that knows Identity.</summary>
public interface IAccounts
{
    /// <summary>The account with an id, or null.</summary>
    /// <param name="accountId">The id.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<RecoverableAccount?> FindAsync(string accountId, CancellationToken cancellationToken);

    /// <summary>The account that an address names, be it its own or a further one that is confirmed, or null.</summary>
    /// <param name="address">The address in the form of <see cref="EmailAddress.Normalize"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<RecoverableAccount?> FindByAddressAsync(string address, CancellationToken cancellationToken);

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

    /// <summary>
    /// Makes an address the account's own by a guarded update: only while the security stamp is the expected one, which
    /// it replaces, and the address is no other account's own. A user name that was the address follows. In a transaction.
    /// </summary>
    /// <param name="account">The account, with the stamp that is expected.</param>
    /// <param name="address">The address as entered; it is confirmed.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<bool> SetAddressAsync(RecoverableAccount account, string address, CancellationToken cancellationToken);

    /// <summary>The accounts in the role <c>Administrator</c>.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<IReadOnlyList<RecoverableAccount>> ListAdministratorsAsync(CancellationToken cancellationToken);

    /// <summary>Replaces the security stamp: every session, pending sign-in, remembered browser and reset link dies.</summary>
    /// <param name="accountId">The account.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<int> ReplaceStampAsync(string accountId, CancellationToken cancellationToken);

    /// <summary>
    /// Holds an account's row until the transaction under way ends, by a guarded update: false when its security stamp
    /// is another one than expected. What is added to the account then is not added behind a reset's back.
    /// </summary>
    /// <param name="account">The account, with the stamp that is expected.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<bool> HoldAsync(RecoverableAccount account, CancellationToken cancellationToken);

    /// <summary>Notes the time of a sign-in, where the host's user type keeps it.</summary>
    /// <param name="accountId">The account.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task NoteSignInAsync(string accountId, CancellationToken cancellationToken);

    /// <summary>
    /// Begins an MFA reset by a guarded update: replaces the security stamp while it is the expected one, and takes back
    /// what the host itself enrolled. False when another change was first.
    /// </summary>
    /// <param name="account">The account, with the stamp that is expected.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<bool> DropFactorsAsync(RecoverableAccount account, CancellationToken cancellationToken);

    /// <summary>
    /// Sets the roles of the console by a guarded update of the security stamp, which it replaces. False when another
    /// change was first. Other roles stay. In a transaction.
    /// </summary>
    /// <param name="account">The account, with the stamp that is expected.</param>
    /// <param name="roles">Those of <see cref="Console.ConsoleRoles"/> that it has from now on.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<bool> SetConsoleRolesAsync(
        RecoverableAccount account,
        IReadOnlyCollection<string> roles,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// Suspends or activates by a guarded update: only while it is the other way round and the security stamp is the
    /// expected one. Suspending replaces the stamp. False when another change was first.
    /// </summary>
    /// <param name="account">The account, with the stamp that is expected.</param>
    /// <param name="suspended">Whether it is suspended from now on.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="NotSupportedException">The host's user type is no <see cref="IRecoverableUser"/>.</exception>
    Task<bool> SetSuspendedAsync(RecoverableAccount account, bool suspended, CancellationToken cancellationToken);

    /// <summary>
    /// Holds the circle of administrators until the transaction under way ends, so that of two changes to it the second
    /// sees what the first has left.
    /// </summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task HoldAdministratorsAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Ends a lock that failures have brought about; one that lasts until a reset stays. Returns whether there was one.
    /// </summary>
    /// <param name="accountId">The account.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<bool> UnlockAsync(string accountId, CancellationToken cancellationToken);

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

    /// <summary>The pair is wrong, or sign-in is closed for now: they are not told apart (threats 9 and 11).</summary>
    public sealed record Refused : PasswordCheck;
}
