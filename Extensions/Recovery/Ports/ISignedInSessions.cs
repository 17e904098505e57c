using Microsoft.AspNetCore.Http;

namespace IdP.Recovery.Ports;

/// <summary>Port: begins server-side sessions, and keeps in them what was proved and through which changes they go on.</summary>
public interface ISignedInSessions
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
