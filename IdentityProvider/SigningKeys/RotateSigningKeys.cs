using IdentityProvider.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IdentityProvider.SigningKeys;

/// <summary>
/// Makes the next key in time, publishes it before it is used, and drops keys whose tokens have died. A recurring job,
/// a step of the start, and <c>keys rotate</c>.
/// </summary>
internal sealed partial class RotateSigningKeys(
    IdpDbContext context,
    SigningKeyProtection protection,
    IOptions<SigningKeyOptions> options,
    TimeProvider time,
    ILogger<RotateSigningKeys> logger
)
{
    private readonly SigningKeyOptions options = options.Value;

    private readonly TimeSpan keepFor =
        options.Value.KeepFor > options.Value.LongestToken ? options.Value.KeepFor : options.Value.LongestToken;

    /// <summary>Does what is due. Called every hour, and at every start.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var algorithm in SigningKeyProtection.Algorithms)
        {
            await RotateAsync(algorithm, forced: false, cancellationToken);
        }

        await DropOldAsync(cancellationToken);
    }

    /// <summary>Makes a new key of each algorithm now; each signs after it has been published long enough.</summary>
    public async Task<IReadOnlyList<SigningKey>> ForceAsync(CancellationToken cancellationToken)
    {
        var made = new List<SigningKey>();
        foreach (var algorithm in SigningKeyProtection.Algorithms)
        {
            if (await RotateAsync(algorithm, forced: true, cancellationToken) is { } key)
            {
                made.Add(key);
            }
        }

        return made;
    }

    private async Task<SigningKey?> RotateAsync(string algorithm, bool forced, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var newest = await context
            .Set<SigningKey>()
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
            when (context.Set<SigningKey>().Any(k => k.Algorithm == algorithm && k.Generation == key.Generation))
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
            .Set<SigningKey>()
            .Where(k =>
                context
                    .Set<SigningKey>()
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
