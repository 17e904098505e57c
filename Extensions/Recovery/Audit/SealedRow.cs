using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Audit;

/// <summary>A place of the chain with the event that belongs there; none where somebody removed it.</summary>
internal sealed class SealedRow
{
    public required AuditSeal Seal { get; init; }

    public AuditEvent? Event { get; init; }
}

internal static class SealedRowQueries
{
    /// <summary>The chain in its order, in one statement, which sees one moment of the database.</summary>
    public static IQueryable<SealedRow> SealedRows(this DbContext context) =>
        context
            .Set<AuditSeal>()
            .LeftJoin(context.Set<AuditEvent>(), s => s.EventId, e => e.Id, (s, e) => new { Seal = s, Event = e })
            .OrderBy(r => r.Seal.Sequence)
            .Select(r => new SealedRow { Seal = r.Seal, Event = r.Event })
            .AsNoTracking();
}
