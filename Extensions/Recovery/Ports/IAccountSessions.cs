using Microsoft.AspNetCore.Http;

namespace IdP.Recovery.Ports;

/// <summary>Port: begins, keeps and ends the server-side sessions of an account. Ending one ends it on every node at once.</summary>
public interface IAccountSessions
{
    /// <summary>Begins a session for a person who has just proved who they are, and sets its cookie.</summary>
    /// <param name="http">The request that proved it; a session it carried before is ended.</param>
    /// <param name="methods">What was proved, as RFC 8176 names: <c>pwd</c>, <c>otp</c>, <c>hwk</c>, <c>mfa</c>.</param>
    Task StartAsync(
        HttpContext http,
        RecoverableAccount account,
        IReadOnlyList<string> methods,
        CancellationToken cancellationToken
    );

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

    /// <summary>Binds a session that outlives a credential change to the account's new security stamp.</summary>
    /// <param name="sessionId">The session in which the owner made the change.</param>
    Task KeepAsync(string accountId, string sessionId, CancellationToken cancellationToken);

    /// <summary>
    /// When the person of a session last proved who they are with all that is enrolled; null when that was never, as
    /// where a remembered browser stood in for the second factor.
    /// </summary>
    Task<DateTimeOffset?> ProvedAtAsync(string accountId, string sessionId, CancellationToken cancellationToken);

    /// <summary>Notes that the person of the request's session has just proved who they are.</summary>
    /// <param name="methods">What was proved, as RFC 8176 names; they add to those of the session.</param>
    Task ProvedAsync(HttpContext http, IReadOnlyList<string> methods, CancellationToken cancellationToken);
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
