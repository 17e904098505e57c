using IdentityProvider.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using OpenIddict.EntityFrameworkCore.Models;

namespace IdentityProvider.SharedSignals;

/// <summary>
/// A recurring job: drops old events, what a stream owes past its bound, and streams of clients that are gone. Called
/// every hour.
/// </summary>
internal sealed class PruneSignals(IdpDbContext context, IOptions<SharedSignalsOptions> options, TimeProvider time)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await context
            .Set<SignalStream>()
            .Where(s => !context.Set<OpenIddictEntityFrameworkCoreApplication>().Any(a => a.ClientId == s.ClientId))
            .ExecuteDeleteAsync(cancellationToken);

        var before = time.GetUtcNow() - options.Value.KeepFor;
        await context.Set<SignalEvent>().Where(e => e.IssuedAt < before).ExecuteDeleteAsync(cancellationToken);

        foreach (var streamId in await context.Set<SignalStream>().Select(s => s.Id).ToListAsync(cancellationToken))
        {
            await DropOldestAsync(streamId, cancellationToken);
        }
    }

    private async Task DropOldestAsync(string streamId, CancellationToken cancellationToken)
    {
        var tooMany = await SignalStreams
            .Owed(context, streamId)
            .OrderByDescending(e => e.Id)
            .Skip(options.Value.KeepAtMost)
            .Select(e => (Guid?)e.Id)
            .FirstOrDefaultAsync(cancellationToken);
        if (tooMany is { } newestToGo)
        {
            await SignalStreams
                .Owed(context, streamId)
                .Where(e => e.Id.CompareTo(newestToGo) <= 0)
                .ExecuteDeleteAsync(cancellationToken);
        }
    }
}
