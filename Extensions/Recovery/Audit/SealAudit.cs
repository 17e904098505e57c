using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace IdP.Recovery.Audit;

/// <summary>
/// A recurring job: gives committed events their places in the chain, in an order that stays. Those who write events
/// never wait for one another; the sealers do, and any number of nodes leave one chain.
/// </summary>
public sealed class SealAudit(IServiceScopeFactory scopes)
{
    // Small, since SQLite's writers wait while a batch is kept.
    private const int Batch = 50;

    /// <summary>
    /// Seals what waits; returns how many events that were. Called every minute, outside any transaction, and at the
    /// end of work that wrote many.
    /// </summary>
    /// <param name="cancellationToken">Stops after the batch that is kept.</param>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var all = 0;
        int batch;
        do
        {
            batch = await SealBatchAsync(cancellationToken);
            all += batch;
        } while (batch == Batch);

        return all;
    }

    private async Task<int> SealBatchAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var work = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        var seals = work.Context.Set<AuditSeal>();
        var waiting = work
            .Context.Set<UnsealedEvent>()
            // One that is sealed already waits only because somebody wrote it there: it must not stop the others.
            .Where(u => !seals.Any(s => s.EventId == u.EventId))
            // By the smaller table's key: then a batch costs the same, however many wait.
            .OrderBy(u => u.EventId)
            .Join(work.Context.Set<AuditEvent>(), u => u.EventId, e => e.Id, (_, e) => e)
            .AsNoTracking();
        if (!await waiting.AnyAsync(cancellationToken))
        {
            return 0;
        }

        return await work.RunAsync(
            async token =>
            {
                // Order: the head is held before the events are read, so that nobody else seals the same ones.
                var chain = await AuditHead.TakeAsync(work.Context, token);
                var events = await waiting.Take(Batch).ToListAsync(token);
                var (sequence, hash) = (chain.Sequence, chain.Hash);
                foreach (var audited in events)
                {
                    hash = AuditHash.Next(hash, audited);
                    work.Context.Add(
                        new AuditSeal
                        {
                            Sequence = ++sequence,
                            EventId = audited.Id,
                            Hash = hash,
                        }
                    );
                }

                var ids = events.ConvertAll(e => e.Id);
                await work.Context.Set<UnsealedEvent>().Where(u => ids.Contains(u.EventId)).ExecuteDeleteAsync(token);
                await AuditHead.MoveAsync(
                    work.Context,
                    chain,
                    set => set.SetProperty(c => c.Sequence, sequence).SetProperty(c => c.Hash, hash),
                    token
                );
                return events.Count;
            },
            cancellationToken
        );
    }
}
