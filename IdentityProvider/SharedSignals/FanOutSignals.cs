using IdentityProvider.Clients;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using Microsoft.EntityFrameworkCore;

namespace IdentityProvider.SharedSignals;

/// <summary>A job: makes an event of an audit event for each stream that wants it.</summary>
internal sealed class FanOutSignals(
    IdpDbContext context,
    UnitOfWork work,
    IAccounts accounts,
    SignalStreams streams,
    ClientRegistry clients,
    TimeProvider time
) : IOutboxHandler
{
    public const string Kind = "signals.fan-out";

    /// <summary>The work's subject: which audit event, and the first one of its transaction.</summary>
    public static string Subject(Guid auditId, Guid firstId) => $"{auditId:n}/{firstId:n}";

    public async Task HandleAsync(OutboxEntry entry, CancellationToken cancellationToken)
    {
        var ids = IdsIn(entry.Subject);
        var id = ids[0];
        var audited = await context.Set<AuditEvent>().AsNoTracking().SingleAsync(e => e.Id == id, cancellationToken);
        if (SignalTable.Of(audited) is not { } signal)
        {
            return;
        }

        var wanting = await WantingAsync(audited, signal, cancellationToken);
        if (wanting.Count == 0)
        {
            return;
        }

        var transaction = await CauseOfSessionsEndAsync(audited, cancellationToken) ?? ids[1];
        await work.RunAsync(
            _ =>
            {
                foreach (var stream in wanting)
                {
                    Add(stream, audited, signal, transaction);
                }

                return Task.CompletedTask;
            },
            cancellationToken
        );
    }

    private async Task<List<SignalStream>> WantingAsync(
        AuditEvent audited,
        Signal signal,
        CancellationToken cancellationToken
    )
    {
        var account = await accounts.FindAsync(audited.AccountId!, cancellationToken);
        var keys = SignalSubject.KeysOf(audited.AccountId!, account?.Address);
        var all = await context
            .Set<SignalStream>()
            .AsNoTracking()
            .Where(s => s.Status != SignalStreamStatus.Disabled)
            .Where(s => !context.Set<SignalExclusion>().Any(x => x.StreamId == s.Id && keys.Contains(x.Subject)))
            .Where(s =>
                !context
                    .Set<SignalEvent>()
                    .Any(e => e.StreamId == s.Id && e.CauseId == audited.Id && e.EventType == signal.EventType)
            )
            .ToListAsync(cancellationToken);
        return [.. all.Where(s => s.Wants(signal.EventType) && clients.FindByClientId(s.ClientId) is not null)];
    }

    // Sessions end in a job of their own after a credential has changed; what changed it is their cause.
    private async Task<Guid?> CauseOfSessionsEndAsync(AuditEvent audited, CancellationToken cancellationToken)
    {
        if (audited is not { Type: AuditEventTypes.SessionEnded, Reason: AuditReasons.CredentialChanged })
        {
            return null;
        }

        var cause = await context
            .Set<AuditEvent>()
            .Where(e =>
                e.AccountId == audited.AccountId && e.At <= audited.At && SignalTable.EndingSessions.Contains(e.Type)
            )
            .OrderByDescending(e => e.At)
            .Select(e => (Guid?)e.Id)
            .FirstOrDefaultAsync(cancellationToken);
        var own = $"{cause:n}/";
        var told = await context
            .Set<OutboxEntry>()
            .Where(e => e.Kind == Kind && e.Subject.StartsWith(own))
            .Select(e => e.Subject)
            .FirstOrDefaultAsync(cancellationToken);
        return told is null ? cause : IdsIn(told)[1];
    }

    private void Add(SignalStream stream, AuditEvent audited, Signal signal, Guid transaction)
    {
        var now = time.GetUtcNow();
        var subject = signal.OfSession
            ? SignalSubject.Session(streams.Issuer, audited.AccountId!, audited.SubjectId!)
            : SignalSubject.Account(streams.Issuer, audited.AccountId!);
        var added = new SignalEvent
        {
            Id = Guid.CreateVersion7(now),
            StreamId = stream.Id,
            CauseId = audited.Id,
            EventType = signal.EventType,
            Transaction = transaction,
            Subject = subject.ToJsonString(),
            Content = signal.Content.ToJsonString(),
            IssuedAt = now,
        };
        context.Add(added);
        PushSignal.Enqueue(work, stream, added);
    }

    private static Guid[] IdsIn(string subject) => [.. subject.Split('/').Select(Guid.Parse)];
}
