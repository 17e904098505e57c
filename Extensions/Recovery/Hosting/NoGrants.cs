using IdP.Recovery.Ports;

namespace IdP.Recovery;

/// <summary>For a host that gives applications nothing.</summary>
internal sealed class NoGrants : IAccountGrants
{
    public Task<bool> EndAsync(string accountId, string clientId, CancellationToken cancellationToken) =>
        Task.FromResult(false);

    public Task<long> RevokeTokensAsync(
        string accountId,
        DateTimeOffset givenUntil,
        CancellationToken cancellationToken
    ) => Task.FromResult(0L);
}
