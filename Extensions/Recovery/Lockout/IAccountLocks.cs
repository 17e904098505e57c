namespace IdP.Recovery.Lockout;

/// <summary>Locks on accounts: those of failures, and the one that lasts until a reset.</summary>
public interface IAccountLocks
{
    /// <summary>
    /// Ends a lock that failures have brought about; one that lasts until a reset stays. Returns whether there was one.
    /// </summary>
    Task<bool> LiftAsync(string accountId, CancellationToken cancellationToken);

    /// <summary>Ends the lock that lasts until a reset, without one. Returns whether there was one.</summary>
    Task<bool> ReopenAsync(string accountId, CancellationToken cancellationToken);

    /// <summary>Locks an account until its owner resets the password, and invalidates every session at once.</summary>
    Task CloseUntilResetAsync(string accountId, CancellationToken cancellationToken);

    /// <summary>
    /// What a new password does to the locks of its account: what waits for a reset ends; a lock of failures where asked.
    /// In a transaction.
    /// </summary>
    /// <param name="lift">Whether a lock of failures ends too.</param>
    Task AfterNewPasswordAsync(string accountId, bool lift, CancellationToken cancellationToken);
}
