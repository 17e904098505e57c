using IdentityProvider.Data;
using IdP.Recovery;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Tests.Support;

/// <summary>A scheduler's worker, for tests that have none.</summary>
internal static class DueWork
{
    /// <summary>Runs what is due now, oldest first.</summary>
    public static async Task RunAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        var now = services.GetRequiredService<TimeProvider>().GetUtcNow();
        var due = await services
            .GetRequiredService<IdpDbContext>()
            .Set<OutboxEntry>()
            .Where(e => e.DoneAt == null && e.GivenUpAt == null && e.DueAt <= now)
            .OrderBy(e => e.DueAt)
            .Select(e => e.Id)
            .ToListAsync(cancellationToken);
        var runner = services.GetRequiredService<OutboxRunner>();
        foreach (var id in due)
        {
            await runner.RunAsync(id, cancellationToken);
        }
    }
}
