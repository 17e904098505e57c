using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using OpenIddict.Server;

namespace IdentityProvider.Clients;

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
