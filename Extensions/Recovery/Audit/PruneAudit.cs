using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.Audit;

/// <summary>
/// A recurring job: removes the oldest part of the chain once it is past its retention, and keeps its last hash as the
/// anchor from which the rest is verified. What does not verify is kept, since it is evidence.
/// </summary>
public sealed partial class PruneAudit(
    IServiceScopeFactory scopes,
    TimeProvider time,
    IOptions<AuditOptions> options,
    ILogger<PruneAudit> logger
)
{
    private const int Batch = 500;

    private readonly TimeSpan keepFor = options.Value.KeepFor;

    /// <summary>Does it. Called every hour; changes something once a day, as whole days are removed.</summary>
    /// <param name="cancellationToken">Stops after the batch that is removed.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var before = new DateTimeOffset((time.GetUtcNow() - keepFor).UtcDateTime.Date, TimeSpan.Zero);
        int removed;
        do
        {
            removed = await RemoveBatchAsync(before, cancellationToken);
        } while (removed == Batch);
    }

    private async Task<int> RemoveBatchAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var work = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        var oldest = await work.Context.SealedRows().FirstOrDefaultAsync(cancellationToken);
        if (oldest is null || oldest.Event?.At >= before)
        {
            return 0;
        }

        var audit = scope.ServiceProvider.GetRequiredService<AuditLog>();
        return await work.RunAsync(
            async token =>
            {
                var chain = await AuditHead.TakeAsync(work.Context, token);
                var rows = await work.Context.SealedRows().Take(Batch).ToListAsync(token);
                var going = Prefix(chain, rows, before);
                if (going.Count == 0)
                {
                    return 0;
                }

                var last = going[^1].Seal;
                var ids = going.ConvertAll(r => r.Seal.EventId);
                await work.Context.Set<AuditEvent>().Where(e => ids.Contains(e.Id)).ExecuteDeleteAsync(token);
                await work.Context.Set<AuditSeal>().Where(s => s.Sequence <= last.Sequence).ExecuteDeleteAsync(token);
                await AuditHead.MoveAsync(
                    work.Context,
                    chain,
                    set =>
                        set.SetProperty(c => c.AnchorSequence, last.Sequence).SetProperty(c => c.AnchorHash, last.Hash),
                    token
                );
                audit.Add(
                    AuditEventTypes.AuditPruned,
                    accountId: null,
                    Requester.None,
                    AuditMark.Of(last.Sequence, last.Hash).ToString()
                );
                return going.Count;
            },
            cancellationToken
        );
    }

    private List<SealedRow> Prefix(AuditChain chain, List<SealedRow> rows, DateTimeOffset before)
    {
        var going = new List<SealedRow>(rows.Count);
        var (sequence, hash) = (chain.AnchorSequence, chain.AnchorHash);
        foreach (var row in rows)
        {
            sequence++;
            if (
                row.Event is not { } audited
                || row.Seal.Sequence != sequence
                || !AuditHash.Next(hash, audited).AsSpan().SequenceEqual(row.Seal.Hash)
            )
            {
                LogBroken(sequence);
                break;
            }

            if (audited.At >= before)
            {
                break;
            }

            going.Add(row);
            hash = row.Seal.Hash;
        }

        return going;
    }

    [LoggerMessage(
        LogLevel.Error,
        "The audit's chain is broken at {Sequence}; nothing is removed from there on. Run 'audit verify'"
    )]
    private partial void LogBroken(long sequence);
}
