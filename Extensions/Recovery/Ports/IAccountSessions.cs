namespace IdP.Recovery.Ports;

/// <summary>Port: ends the server-side sessions of an account, each on every node at once.</summary>
public interface IAccountSessions
{
    /// <summary>Ends one session; false when it is not a living session of that account.</summary>
    /// <param name="sessionId">The session's id, which is no secret.</param>
    Task<bool> EndAsync(
        string accountId,
        string sessionId,
        SessionEndReason reason,
        CancellationToken cancellationToken
    );

    /// <summary>Ends every session of an account but one; returns how many it ended.</summary>
    /// <param name="exceptSessionId">The session to keep; null keeps none.</param>
    Task<int> EndAllAsync(
        string accountId,
        string? exceptSessionId,
        SessionEndReason reason,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// Ends every session that began under an earlier security stamp than the account's; returns how many it ended.
    /// </summary>
    Task<int> EndOutdatedAsync(string accountId, CancellationToken cancellationToken);
}

/// <summary>Why a session ended.</summary>
public enum SessionEndReason
{
    /// <summary>The person signed out.</summary>
    SignedOut,

    /// <summary>The owner ended it from the user portal.</summary>
    EndedByOwner,

    /// <summary>The password was changed or reset.</summary>
    CredentialChanged,

    /// <summary>The account was locked or suspended.</summary>
    AccountClosed,
}
