using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Audit;

/// <summary>
/// Follows the whole chain and tells the first place that is wrong, and which events stand outside it. It only reads,
/// and each part in one statement, so that writers, sealers and retention may go on meanwhile. Who can write every
/// table can also compute a new chain: a head that is kept elsewhere shows even that.
/// </summary>
public sealed class VerifyAudit(UnitOfWork work)
{
    /// <summary>How long an event may wait for its seal.</summary>
    public static TimeSpan SealedWithin { get; } = TimeSpan.FromMinutes(5);

    /// <summary>Does it, in a time that grows with the number of events.</summary>
    /// <param name="kept">A head that an earlier verification gave; null when none was kept.</param>
    public async Task<AuditVerification> RunAsync(AuditMark? kept, CancellationToken cancellationToken)
    {
        ChainWalk? walk;
        do
        {
            // An empty chain has no row that tells its ends; one that gets its first rows just now is followed again.
            walk = await WalkAsync(kept, cancellationToken) ?? await EmptyAsync(kept, cancellationToken);
        } while (walk is null);

        if (walk.Suspect is { } suspect)
        {
            walk.Stop(await DescribeAsync(walk, suspect, cancellationToken));
        }

        var flaws = new List<AuditFlaw?>
        {
            walk.Flaw,
            await CheckAnchorAsync(walk.Chain, cancellationToken),
            await FindAddedAsync(cancellationToken),
            await FindUnsealedAsync(cancellationToken),
            await FindLostAsync(cancellationToken),
            await FindSealedTwiceAsync(cancellationToken),
        };
        var chain = walk.Chain;
        return new(
            AuditMark.Of(chain.Sequence, chain.Hash),
            AuditMark.Of(chain.AnchorSequence, chain.AnchorHash),
            walk.Verified,
            [.. flaws.OfType<AuditFlaw>()]
        );
    }

    private async Task<ChainWalk?> WalkAsync(AuditMark? kept, CancellationToken cancellationToken)
    {
        ChainWalk? walk = null;
        var rows = work
            .Context.SealedRows()
            .Join(
                work.Context.Set<AuditChain>(),
                _ => AuditChain.OnlyId,
                c => c.Id,
                (row, chain) => new { Row = row, Chain = chain }
            )
            .OrderBy(r => r.Row.Seal.Sequence)
            .AsNoTracking()
            .AsAsyncEnumerable();
        await foreach (var row in rows.WithCancellation(cancellationToken))
        {
            walk ??= new ChainWalk(row.Chain, kept);
            if (!walk.Follow(row.Row))
            {
                return walk;
            }
        }

        return walk?.End();
    }

    private async Task<ChainWalk?> EmptyAsync(AuditMark? kept, CancellationToken cancellationToken)
    {
        var chain = await work.Context.Set<AuditChain>().AsNoTracking().SingleOrDefaultAsync(cancellationToken);
        if (chain is null)
        {
            return new ChainWalk(AuditChain.Empty, kept).Stop(new AuditFlaw.NoHead());
        }

        return await work.Context.Set<AuditSeal>().AnyAsync(cancellationToken)
            ? null
            : new ChainWalk(chain, kept).End();
    }

    // Only once something is wrong: one more pass tells an event that was moved from one that was changed. It was moved
    // where it fits behind another place, or where another event fits into its own.
    private async Task<AuditFlaw> DescribeAsync(ChainWalk walk, SealedRow suspect, CancellationToken cancellationToken)
    {
        var (place, eventId) = (suspect.Seal.Sequence, suspect.Seal.EventId);
        var moved = Fits(walk.Chain.AnchorHash, suspect.Event!, suspect.Seal);
        await foreach (var row in work.Context.SealedRows().AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            moved |=
                Fits(row.Seal.Hash, suspect.Event!, suspect.Seal)
                || (row.Event is { } other && Fits(walk.Hash, other, suspect.Seal));
            if (moved)
            {
                break;
            }
        }

        return moved ? new AuditFlaw.Reordered(place, eventId) : new AuditFlaw.Changed(place, eventId);
    }

    private static bool Fits(byte[] before, AuditEvent audited, AuditSeal seal) =>
        AuditHash.Next(before, audited).AsSpan().SequenceEqual(seal.Hash);

    private async Task<AuditFlaw?> CheckAnchorAsync(AuditChain chain, CancellationToken cancellationToken)
    {
        var mark = AuditMark.Of(chain.AnchorSequence, chain.AnchorHash).ToString();
        return
            chain.AnchorSequence == 0
            || await work
                .Context.Set<AuditEvent>()
                .AnyAsync(e => e.Type == AuditEventTypes.AuditPruned && e.SubjectId == mark, cancellationToken)
            ? null
            : new AuditFlaw.NotPruned(chain.AnchorSequence);
    }

    private async Task<AuditFlaw?> FindAddedAsync(CancellationToken cancellationToken)
    {
        var seals = work.Context.Set<AuditSeal>();
        var waiting = work.Context.Set<UnsealedEvent>();
        var added = await work
            .Context.Set<AuditEvent>()
            .Where(e => !seals.Any(s => s.EventId == e.Id) && !waiting.Any(u => u.EventId == e.Id))
            .Select(e => e.Id)
            .ToListAsync(cancellationToken);
        return added.Count == 0 ? null : new AuditFlaw.Added(added.Count, added.Min());
    }

    private async Task<AuditFlaw?> FindSealedTwiceAsync(CancellationToken cancellationToken)
    {
        var seals = work.Context.Set<AuditSeal>();
        var again = await work
            .Context.Set<UnsealedEvent>()
            .Where(u => seals.Any(s => s.EventId == u.EventId))
            .Select(u => u.EventId)
            .ToListAsync(cancellationToken);
        return again.Count == 0 ? null : new AuditFlaw.WaitsAgain(again.Count, again.Min());
    }

    private async Task<AuditFlaw?> FindUnsealedAsync(CancellationToken cancellationToken)
    {
        var before = work.Now - SealedWithin;
        var seals = work.Context.Set<AuditSeal>();
        var late = await work
            .Context.Set<UnsealedEvent>()
            .Where(u => !seals.Any(s => s.EventId == u.EventId))
            .Join(work.Context.Set<AuditEvent>().Where(e => e.At < before), u => u.EventId, e => e.Id, (_, e) => e.At)
            .ToListAsync(cancellationToken);
        return late.Count == 0 ? null : new AuditFlaw.Unsealed(late.Count, late.Min());
    }

    private async Task<AuditFlaw?> FindLostAsync(CancellationToken cancellationToken)
    {
        var events = work.Context.Set<AuditEvent>();
        var lost = await work
            .Context.Set<UnsealedEvent>()
            .Where(u => !events.Any(e => e.Id == u.EventId))
            .Select(u => u.EventId)
            .ToListAsync(cancellationToken);
        return lost.Count == 0 ? null : new AuditFlaw.LostUnsealed(lost.Count, lost.Min());
    }
}
