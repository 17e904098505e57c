using IdentityProvider.Clients;
using IdentityProvider.Data;
using IdentityProvider.SigningKeys;
using Microsoft.Extensions.Options;

namespace IdentityProvider.OpenId;

/// <summary>
/// Keeps this node's keys and clients up to date: what another node rotated or applied is known here within the
/// interval, which is shorter than a key's publishing and than the half minute that a client may take.
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
    private readonly SemaphoreSlim turn = new(1);

    /// <summary>Reads both, and lets the engine rebuild its options when one changed.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        // Order: one at a time, or what was read first could be kept last.
        await turn.WaitAsync(cancellationToken);
        try
        {
            await ReadAsync(cancellationToken);
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

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var context = scope.ServiceProvider.GetRequiredService<IdpDbContext>();
        var newKeys = await keys.ReloadAsync(context, cancellationToken);
        var newClients = await clients.ReloadAsync(context, cancellationToken);
        if (newKeys || newClients)
        {
            changes.Announce();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.ReloadEvery, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await RunAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(exception);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Keys and clients could not be read; what was known before still holds")]
    private partial void LogFailed(Exception exception);
}
