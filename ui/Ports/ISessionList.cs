using IdP.Recovery;

namespace IdP.UI.Ports;

/// <summary>Port: what an account's owner and an administrator see of its sessions.</summary>
public interface ISessionList
{
    /// <summary>The living sessions of an account, latest use first.</summary>
    Task<IReadOnlyList<AccountSession>> ListAsync(string accountId, CancellationToken cancellationToken);
}

/// <summary>A living session as its owner sees it.</summary>
/// <param name="Id">Not the cookie's secret: an id that may be shown; the <c>sid</c> of ID tokens.</param>
/// <param name="StartedAt">When the person signed in.</param>
/// <param name="LastUsedAt">When it was last seen, to the minute.</param>
/// <param name="From">From where it was started.</param>
/// <param name="Applications">Names of the applications signed in to through it.</param>
public sealed record AccountSession(
    string Id,
    DateTimeOffset StartedAt,
    DateTimeOffset LastUsedAt,
    Requester From,
    IReadOnlyList<string> Applications
);
