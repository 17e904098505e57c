using IdentityProvider.Clients;
using IdentityProvider.Data;
using IdentityProvider.SigningKeys;
using Microsoft.Extensions.Options;

namespace IdentityProvider.OpenId;

/// <summary>
/// Keeps this node's keys and clients up to date: what another node rotated is known here within <c>Keys:ReloadEvery</c>,
/// which is shorter than a key's publishing, and the clients that it applied within a second.
/// </summary>
internal sealed partial class ProviderRefresh(
    IServiceScopeFactory scopes,
    SigningKeySet keys,
    ClientRegistry clients,
    ProviderChanges changes,
    IOptions<SigningKeyOptions> options,
    TimeProvider time,
    ILogger<ProviderRefresh> logger
) : BackgroundService
{
    // One statement on every node, which reads versions.
    private static readonly TimeSpan ClientsEvery = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim turn = new(1);

    /// <summary>Reads both, and lets the engine rebuild its options when one changed.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => RunAsync(withKeys: true, cancellationToken);

    private async Task RunAsync(bool withKeys, CancellationToken cancellationToken)
    {
        // Order: one at a time, or what was read first could be kept last.
        await turn.WaitAsync(cancellationToken);
        try
        {
            await ReadAsync(withKeys, cancellationToken);
        }
        finally
        {
            turn.Release();
        }
    }

    public override void Dispose()
    {
        turn.Dispose();
        base.Dispose();
    }

    private async Task ReadAsync(bool withKeys, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var context = scope.ServiceProvider.GetRequiredService<IdpDbContext>();
        var newKeys = withKeys && await keys.ReloadAsync(context, cancellationToken);
        var newClients = await clients.ReloadAsync(context, cancellationToken);
        if (newKeys || newClients)
        {
            changes.Announce();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var keysAt = time.GetUtcNow();
        var isAway = false;
        while (true)
        {
            await Task.Delay(ClientsEvery, time, stoppingToken);
            try
            {
                var withKeys = time.GetUtcNow() - keysAt >= options.Value.ReloadEvery;
                await RunAsync(withKeys, stoppingToken);
                keysAt = withKeys ? time.GetUtcNow() : keysAt;
                isAway = false;
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                // Once for each time that the database is away: it is asked every second.
                if (!isAway)
                {
                    LogFailed(exception);
                }

                isAway = true;
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Keys and clients could not be read; what was known before still holds")]
    private partial void LogFailed(Exception exception);
}
