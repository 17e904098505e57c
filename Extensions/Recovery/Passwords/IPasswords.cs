namespace IdP.Recovery.Passwords;

/// <summary>The passwords of the host's accounts.</summary>
public interface IPasswords
{
    /// <summary>
    /// Checks a password. The try is counted before the password is looked at, so that parallel guesses cannot outrun
    /// the counter; an unknown address costs the same hash as a known one, and a refusal behind a lock as much time.
    /// </summary>
    /// <exception cref="HashingQueueFullException">Too many sign-ins at once.</exception>
    Task<PasswordCheck> CheckAsync(
        string? email,
        string? password,
        Requester requester,
        CancellationToken cancellationToken
    );

    /// <summary>Hashes a password on the bounded queue; to be done before a transaction, since it takes long.</summary>
    /// <param name="password">The new password.</param>
    /// <param name="cancellationToken">Leaves the queue.</param>
    /// <exception cref="HashingQueueFullException">Too much to hash at once.</exception>
    Task<string> HashAsync(string password, CancellationToken cancellationToken);

    /// <summary>
    /// Sets a password by a guarded update: only while the account's security stamp is the expected one, which it
    /// replaces. Lifts a lockout where asked. False when another change was first.
    /// </summary>
    /// <param name="account">The account, with the stamp that is expected.</param>
    /// <param name="passwordHash">From <see cref="HashAsync"/>.</param>
    /// <param name="liftLockout">Whether a lockout ends.</param>
    Task<bool> SetAsync(
        RecoverableAccount account,
        string passwordHash,
        bool liftLockout,
        CancellationToken cancellationToken
    );
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
