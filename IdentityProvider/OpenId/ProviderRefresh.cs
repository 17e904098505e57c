using IdentityProvider.Clients;
using IdentityProvider.Data;
using IdentityProvider.Keys;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using OpenIddict.Server;

namespace IdentityProvider.OpenId;

/// <summary>
/// Keeps this node's keys and clients up to date: what another node rotated or applied is known here within the
/// interval, which is shorter than a key's publishing and than the half minute that a client may take.
/// </summary>
internal sealed partial class ProviderRefresh(
    IServiceScopeFactory scopes,
    KeyRing keys,
    ClientRegistry clients,
    ProviderChanges changes,
    IOptions<KeyOptions> options,
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

/// <summary>Tells the engine that its options must be built anew.</summary>
internal sealed class ProviderChanges : IOptionsChangeTokenSource<OpenIddictServerOptions>, IDisposable
{
    private CancellationTokenSource source = new();
    private int version;

    public string Name => Options.DefaultName;

    /// <summary>Counts the changes: what was made of older options is stale.</summary>
    public int Version => Volatile.Read(ref version);

    public IChangeToken GetChangeToken() => new CancellationChangeToken(source.Token);

    public void Announce()
    {
        using var old = Interlocked.Exchange(ref source, new());
        old.Cancel();

        // Order: the options first, or what was made of the old ones in between would count as made of the new.
        Interlocked.Increment(ref version);
    }

    public void Dispose() => source.Dispose();
}
