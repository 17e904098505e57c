namespace IdP.Recovery;

/// <summary>
/// The accounts of the host, whatever its user type is. Their passwords are at <see cref="Passwords.IPasswords"/>, their
/// locks at <see cref="Lockout.IAccountLocks"/>.
/// </summary>
public interface IAccounts
{
    /// <summary>The account with an id, or null.</summary>
    Task<RecoverableAccount?> FindAsync(string accountId, CancellationToken cancellationToken);

    /// <summary>The account that an address names, be it its own or a further one that is confirmed, or null.</summary>
    /// <param name="address">The address in the form of <see cref="EmailAddress.Normalize"/>.</param>
    Task<RecoverableAccount?> FindByAddressAsync(string address, CancellationToken cancellationToken);

    /// <summary>
    /// Makes an address the account's own by a guarded update: only while the security stamp is the expected one, which
    /// it replaces, and the address is no other account's own. A user name that was the address follows. In a transaction.
    /// </summary>
    /// <param name="account">The account, with the stamp that is expected.</param>
    /// <param name="address">The address as entered; it is confirmed.</param>
    Task<bool> SetAddressAsync(RecoverableAccount account, string address, CancellationToken cancellationToken);

    /// <summary>The accounts in the role <c>Administrator</c>.</summary>
    Task<IReadOnlyList<RecoverableAccount>> ListAdministratorsAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Holds an account's row until the transaction under way ends, by a guarded update: false when its security stamp
    /// is another one than expected. What is added to the account then is not added behind a reset's back.
    /// </summary>
    /// <param name="account">The account, with the stamp that is expected.</param>
    Task<bool> HoldAsync(RecoverableAccount account, CancellationToken cancellationToken);

    /// <summary>
    /// Holds an account's row as <see cref="HoldAsync"/> does, and notes the time of a sign-in where the host's user type
    /// keeps it. False when its security stamp is another one than expected.
    /// </summary>
    /// <param name="account">The account, with the stamp that is expected.</param>
    Task<bool> NoteSignInAsync(RecoverableAccount account, CancellationToken cancellationToken);

    /// <summary>
    /// Begins an MFA reset by a guarded update: replaces the security stamp while it is the expected one, and takes back
    /// what the host itself enrolled. False when another change was first.
    /// </summary>
    /// <param name="account">The account, with the stamp that is expected.</param>
    Task<bool> DropFactorsAsync(RecoverableAccount account, CancellationToken cancellationToken);

    /// <summary>Lets ASP.NET Core Identity ask for no second factor: the last one that was enrolled here is gone.</summary>
    Task ForgetHostFactorAsync(string accountId, CancellationToken cancellationToken);

    /// <summary>
    /// Sets the roles of the console by a guarded update of the security stamp, which it replaces. False when another
    /// change was first. Other roles stay. In a transaction.
    /// </summary>
    /// <param name="account">The account, with the stamp that is expected.</param>
    /// <param name="roles">Those of <see cref="Console.ConsoleRoles"/> that it has from now on.</param>
    Task<bool> SetConsoleRolesAsync(
        RecoverableAccount account,
        IReadOnlyCollection<string> roles,
        CancellationToken cancellationToken
    );

    /// <summary>Whether accounts of this host can be suspended: its user type is an <see cref="IRecoverableUser"/>.</summary>
    bool CanSuspend { get; }

    /// <summary>
    /// Suspends or activates by a guarded update: only while it is the other way round and the security stamp is the
    /// expected one. Suspending replaces the stamp. False when another change was first.
    /// </summary>
    /// <param name="account">The account, with the stamp that is expected.</param>
    /// <param name="suspended">Whether it is suspended from now on.</param>
    /// <exception cref="NotSupportedException">The host's user type is no <see cref="IRecoverableUser"/>.</exception>
    Task<bool> SetSuspendedAsync(RecoverableAccount account, bool suspended, CancellationToken cancellationToken);

    /// <summary>
    /// Holds the circle of administrators until the transaction under way ends, so that of two changes to it the second
    /// sees what the first has left.
    /// </summary>
    Task HoldAdministratorsAsync(CancellationToken cancellationToken);
}
