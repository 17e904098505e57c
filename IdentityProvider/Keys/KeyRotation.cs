using IdentityProvider.Data;
using IdentityProvider.OpenId;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Keys;

/// <summary>
/// Makes the next key in time, publishes it before it is used, and drops keys whose tokens have died. A recurring job,
/// a step of the start, and <c>keys rotate</c>.
/// </summary>
internal sealed partial class KeyRotation(
    IdpDbContext context,
    KeyProtection protection,
    IOptions<KeyOptions> options,
    IOptions<OpenIdOptions> tokens,
    TimeProvider time,
    ILogger<KeyRotation> logger
)
{
    private readonly KeyOptions options = options.Value;

    // A refresh token is encrypted with one of these keys, and may be what lives longest.
    private readonly TimeSpan keepFor =
        options.Value.KeepFor > tokens.Value.RefreshTokenLifetime
            ? options.Value.KeepFor
            : tokens.Value.RefreshTokenLifetime;

    /// <summary>Does what is due. Called every hour, and at every start.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var algorithm in KeyProtection.Algorithms)
        {
            await RotateAsync(algorithm, forced: false, cancellationToken);
        }

        await DropOldAsync(cancellationToken);
    }

    /// <summary>Makes a new key of each algorithm now; each signs after it has been published long enough.</summary>
    public async Task<IReadOnlyList<ProviderKey>> ForceAsync(CancellationToken cancellationToken)
    {
        var made = new List<ProviderKey>();
        foreach (var algorithm in KeyProtection.Algorithms)
        {
            if (await RotateAsync(algorithm, forced: true, cancellationToken) is { } key)
            {
                made.Add(key);
            }
        }

        return made;
    }

    private async Task<ProviderKey?> RotateAsync(string algorithm, bool forced, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var newest = await context
            .Set<ProviderKey>()
            .AsNoTracking()
            .Where(k => k.Algorithm == algorithm)
            .OrderByDescending(k => k.Generation)
            .FirstOrDefaultAsync(cancellationToken);
        if (newest is not null && !forced && now < newest.ActiveFrom + options.UseFor - options.PublishBefore)
        {
            return null;
        }

        var activeFrom = newest is null ? now : now + options.PublishBefore;
        var key = protection.Create(algorithm, (newest?.Generation ?? 0) + 1, now, activeFrom);
        context.Add(key);
        try
        {
            await context.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException)
            when (context.Set<ProviderKey>().Any(k => k.Algorithm == algorithm && k.Generation == key.Generation))
        {
            // Another node was first; its key is as good.
            context.ChangeTracker.Clear();
            return null;
        }

        LogCreated(key.Id, algorithm, activeFrom);
        return key;
    }

    // A key verifies as long as something that it signed may live: from its replacement's first day on.
    private async Task DropOldAsync(CancellationToken cancellationToken)
    {
        var before = time.GetUtcNow() - keepFor;
        var dropped = await context
            .Set<ProviderKey>()
            .Where(k =>
                context
                    .Set<ProviderKey>()
                    .Any(n => n.Algorithm == k.Algorithm && n.Generation > k.Generation && n.ActiveFrom < before)
            )
            .ExecuteDeleteAsync(cancellationToken);
        if (dropped > 0)
        {
            LogDropped(dropped);
        }
    }

    [LoggerMessage(LogLevel.Information, "Key {KeyId} ({Algorithm}) was made and signs from {ActiveFrom}")]
    private partial void LogCreated(string keyId, string algorithm, DateTimeOffset activeFrom);

    [LoggerMessage(LogLevel.Information, "{Count} keys were dropped, since whatever they signed has died")]
    private partial void LogDropped(int count);
}
