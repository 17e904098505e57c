using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace IdP.Recovery;

/// <summary>
/// What this process has in hand. Leases are short and renewed while it lives, so that others soon take over what a killed
/// one held, and a process that hangs and comes back finds them over.
/// </summary>
internal sealed class OutboxLeases(
    IServiceScopeFactory scopes,
    OutboxLanes lanes,
    TimeProvider time,
    IOptions<OutboxOptions> options
)
{
    // A burst is taken in a few statements, and a node that is slow does not take all of it.
    private const int ForEachWorker = 4;

    private readonly ConcurrentDictionary<Guid, OutboxLease> held = new();

    /// <summary>This process, as it stands in the rows.</summary>
    public Guid Holder { get; } = Guid.CreateVersion7(time.GetUtcNow());

    public TimeSpan Length { get; } = options.Value.Lease;

    /// <summary>
    /// Takes what is due in a lane, oldest first: as much as its free workers soon come to. By one guarded update that moves
    /// the due time ahead: of two workers, on whichever nodes, one changes the row. Each lease is to be disposed of.
    /// </summary>
    public async Task<List<OutboxLease>> TakeAsync(OutboxLane lane, int free)
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
        await using var scope = scopes.CreateAsyncScope();
        var work = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        var (now, until) = (work.Now, work.Now + Length);
        List<object> values =
        [
            work.Stored<OutboxEntry>(nameof(OutboxEntry.DueAt), until),
            Holder,
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

        // Named one by one: a prepared statement that says * fails on a node that runs while the next release adds a column.
        var columns = work.Context.Model.FindEntityType(typeof(OutboxEntry))!.GetProperties();
        var read = string.Join(", ", columns.Select(c => $"\"{c.GetColumnName()}\""));

        // Two workers that want the same rows must not wait for each other, or lock them in another order.
        var taking = $$"""
            UPDATE "RecoveryOutbox" SET "DueAt" = {0}, "HeldBy" = {1}, "Attempts" = "Attempts" + 1
            WHERE "Id" {{(work.IsSqlite ? $"IN ({due})" : $"= ANY(ARRAY({due} FOR UPDATE SKIP LOCKED))")}}
              AND "DueAt" <= {2}
            RETURNING {{read}}
            """;
#pragma warning disable EF1002 // Nothing but numbers of parameters and names of columns is put in.
        var taken = await work.Context.Set<OutboxEntry>().FromSqlRaw(taking, [.. values]).AsNoTracking().ToListAsync();
#pragma warning restore EF1002
        return taken.OrderBy(e => e.Id).Select(Begin).ToList();
    }

    /// <summary>Takes one entry, whatever its lane; null where it is not due, or another has it.</summary>
    public async Task<OutboxLease?> TakeAsync(Guid entryId)
    {
        await using var scope = scopes.CreateAsyncScope();
        var work = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        var now = work.Now;
        var entries = work.Context.Set<OutboxEntry>();
        var taken = await entries
            .Where(e => e.Id == entryId && e.DueAt <= now && e.DoneAt == null && e.GivenUpAt == null)
            .ExecuteUpdateAsync(set =>
                set.SetProperty(e => e.DueAt, now + Length)
                    .SetProperty(e => e.HeldBy, Holder)
                    .SetProperty(e => e.Attempts, e => e.Attempts + 1)
            );
        return taken == 0 ? null : Begin(await entries.AsNoTracking().SingleAsync(e => e.Id == entryId));
    }

    /// <summary>Frees what an earlier process held, and what waits to be tried again.</summary>
    public async Task TakeOverAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var scope = scopes.CreateAsyncScope();
        await scope
            .ServiceProvider.GetRequiredService<UnitOfWork>()
            .Context.Set<OutboxEntry>()
            .Where(e => e.DoneAt == null && e.GivenUpAt == null && e.Attempts > 0 && e.DueAt > now)
            .ExecuteUpdateAsync(
                set => set.SetProperty(e => e.DueAt, now).SetProperty(e => e.HeldBy, (Guid?)null),
                cancellationToken
            );
    }

    /// <summary>Gives a sign of life. Called three times within <see cref="Length"/>.</summary>
    public async Task RenewAsync(CancellationToken cancellationToken)
    {
        var mine = held.Where(l => l.Value.IsRenewed).ToList();
        if (mine.Count == 0)
        {
            return;
        }

        var (ids, now) = (mine.ConvertAll(l => l.Key), time.GetUtcNow());
        var until = now + Length;
        await using var scope = scopes.CreateAsyncScope();
        var rows = scope
            .ServiceProvider.GetRequiredService<UnitOfWork>()
            .Context.Set<OutboxEntry>()
            .Where(e => ids.Contains(e.Id) && e.HeldBy == Holder && e.DueAt > now);
        await rows.ExecuteUpdateAsync(set => set.SetProperty(e => e.DueAt, until), cancellationToken);

        // What is not among them is another's by now, or over.
        var renewed = await rows.Select(e => e.Id).ToListAsync(cancellationToken);
        mine.Where(l => renewed.Contains(l.Key)).ToList().ForEach(l => l.Value.Extend(until));
    }

    private OutboxLease Begin(OutboxEntry entry)
    {
        // One that is over may still be at work here when its entry is taken again.
        var lease = new OutboxLease(entry, time, ended => held.TryRemove(new(entry.Id, ended)));
        held[entry.Id] = lease;
        return lease;
    }
}
