using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery;

/// <summary>
/// How entries are taken: by a guarded update that moves their due time ahead by a lease, so that of two workers, on
/// whichever nodes, one changes the row.
/// </summary>
internal static class TakeDue
{
    // A burst is taken in a few statements, and a node that is slow does not take all of it.
    private const int ForEachWorker = 4;

    /// <summary>What is due in a lane, oldest first: as much as its free workers soon come to.</summary>
    public static async Task<List<OutboxEntry>> TakeDueAsync(
        this UnitOfWork work,
        OutboxLane lane,
        int free,
        OutboxLanes lanes,
        OutboxLeases leases,
        CancellationToken cancellationToken
    )
    {
        // A kind that nobody does any more goes with the mail, until it is given up.
        var isRest = lane == OutboxLane.Mail;
        var kinds = isRest ? lanes.NotIn(lane) : lanes.In(lane);
        if (kinds.Count == 0 && !isRest)
        {
            return [];
        }

        // An order for many people takes long: the next one is left to a node that is free.
        var most = lane == OutboxLane.Batches ? free : free * ForEachWorker;
        var (now, until) = (work.Now, work.Now + leases.Length);
        List<object> values =
        [
            work.Stored<OutboxEntry>(nameof(OutboxEntry.DueAt), until),
            leases.Holder,
            work.Stored<OutboxEntry>(nameof(OutboxEntry.DueAt), now),
            .. kinds,
        ];
        var named = string.Join(", ", kinds.Select((_, i) => $"{{{i + 3}}}"));
        var due = $$"""
            SELECT "Id" FROM "RecoveryOutbox"
            WHERE "DoneAt" IS NULL AND "GivenUpAt" IS NULL AND "DueAt" <= {2}
              {{(kinds.Count == 0 ? "" : $"AND \"Kind\" {(isRest ? "NOT " : "")}IN ({named})")}}
            ORDER BY "DueAt" LIMIT {{most}}
            """;

        // Two workers that want the same rows must not wait for each other, or lock them in another order.
        var taking = $$"""
            UPDATE "RecoveryOutbox" SET "DueAt" = {0}, "HeldBy" = {1}, "Attempts" = "Attempts" + 1
            WHERE "Id" {{(work.IsSqlite ? $"IN ({due})" : $"= ANY(ARRAY({due} FOR UPDATE SKIP LOCKED))")}}
              AND "DueAt" <= {2}
            RETURNING *
            """;
#pragma warning disable EF1002 // Nothing but numbers of parameters is put in.
        var taken = await work
            .Context.Set<OutboxEntry>()
            .FromSqlRaw(taking, [.. values])
            .AsNoTracking()
            .ToListAsync(cancellationToken);
#pragma warning restore EF1002
        return [.. taken.OrderBy(e => e.Id)];
    }

    /// <summary>One entry, whatever its lane; null where it is not due, or another has it.</summary>
    public static async Task<OutboxEntry?> TakeDueAsync(
        this UnitOfWork work,
        Guid entryId,
        OutboxLeases leases,
        CancellationToken cancellationToken
    )
    {
        var now = work.Now;
        var entries = work.Context.Set<OutboxEntry>();
        var taken = await entries
            .Where(e => e.Id == entryId && e.DueAt <= now && e.DoneAt == null && e.GivenUpAt == null)
            .ExecuteUpdateAsync(
                set =>
                    set.SetProperty(e => e.DueAt, now + leases.Length)
                        .SetProperty(e => e.HeldBy, leases.Holder)
                        .SetProperty(e => e.Attempts, e => e.Attempts + 1),
                cancellationToken
            );
        return taken == 0 ? null : await entries.AsNoTracking().SingleAsync(e => e.Id == entryId, cancellationToken);
    }
}
