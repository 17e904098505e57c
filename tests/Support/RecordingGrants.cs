using System.Collections.Concurrent;
using IdP.Recovery.Ports;

namespace Tests.Support;

/// <summary>The grants port of tests without an engine: remembers whose tokens were revoked.</summary>
internal sealed class RecordingGrants : IAccountGrants
{
    private readonly ConcurrentQueue<string> revoked = new();

    public IReadOnlyList<string> Revoked => [.. revoked];

    public Task<bool> EndAsync(string accountId, string clientId, CancellationToken cancellationToken) =>
        Task.FromResult(false);

    public Task<long> RevokeTokensAsync(
        string accountId,
        DateTimeOffset givenUntil,
        CancellationToken cancellationToken
    )
    {
        revoked.Enqueue(accountId);
        return Task.FromResult(0L);
    }
}
