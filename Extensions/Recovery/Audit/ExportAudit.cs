using IdP.Recovery.Console;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Audit;

/// <summary>The forms of an export.</summary>
public enum AuditFormat
{
    /// <summary>RFC 4180, with a line of names first. No cell begins a formula.</summary>
    Csv,

    /// <summary>One JSON object a line.</summary>
    JsonLines,
}

/// <summary>Writes what a filter takes as a file, the oldest first, with each event's place in the chain.</summary>
public sealed class ExportAudit(UnitOfWork work, AuditLog audit)
{
    private const int FlushEvery = 200;

    /// <summary>Does it, without holding more than a few events in memory; returns how many were written.</summary>
    /// <param name="format">In which form.</param>
    /// <param name="output">Where to, as UTF-8; it is left open.</param>
    /// <param name="actor">Who, for the audit.</param>
    /// <param name="requester">From where, for the audit.</param>
    /// <param name="cancellationToken">Stops; a part is written then.</param>
    public async Task<long> RunAsync(
        AuditFilter filter,
        AuditFormat format,
        Stream output,
        Actor actor,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        // Order: audited and committed first, so that an export that somebody breaks off is told too.
        var told = await work.RunAsync(
            _ =>
                Task.FromResult(
                    audit.Add(
                        AuditEventTypes.AuditExported,
                        accountId: null,
                        requester,
                        filter.Describe(),
                        format == AuditFormat.Csv ? AuditReasons.Csv : AuditReasons.JsonLines,
                        actor.Id,
                        actor.Proof
                    )
                ),
            cancellationToken
        );
        await using var writer = new StreamWriter(output, leaveOpen: true) { NewLine = "\r\n" };
        var lines = AuditLines.For(format);
        var count = 0L;
        await writer.WriteAsync(lines.Head.AsMemory(), cancellationToken);
        var rows = filter
            .Apply(work.Context.Set<AuditEvent>().Where(e => e.Id != told.Id))
            .LeftJoin(work.Context.Set<AuditSeal>(), e => e.Id, s => s.EventId, (e, s) => new { Event = e, Seal = s })
            .OrderBy(r => r.Event.Id)
            .AsNoTracking()
            .AsAsyncEnumerable();
        await foreach (var row in rows.WithCancellation(cancellationToken))
        {
            await writer.WriteAsync(lines.Line(row.Event, row.Seal).AsMemory(), cancellationToken);
            if (++count % FlushEvery == 0)
            {
                await writer.FlushAsync(cancellationToken);
            }
        }

        return count;
    }
}
