using IdP.Recovery.Audit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Query;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace IdP.Recovery;

/// <summary>
/// What becomes of an entry in hand: done, tried again later, put off, given back or given up. Only as long as its row says
/// that this process has it; whoever takes it over keeps how it goes.
/// </summary>
internal sealed partial class KeepEntry(
    IServiceScopeFactory scopes,
    OutboxLeases leases,
    OutboxLanes lanes,
    TimeProvider time,
    IOptions<OutboxOptions> options,
    RecoveryMetrics metrics,
    DevelopmentLog development,
    ILogger<KeepEntry> logger
)
{
    private readonly OutboxOptions options = options.Value;

    /// <summary>It is done.</summary>
    /// <param name="told">Whom it has told, for the audit: by whoever marks it as done, so once, however often it was tried.</param>
    public async Task DoneAsync(OutboxEntry entry, IReadOnlyList<string> told) =>
        Count(
            entry,
            "done",
            await UpdateAsync(
                entry,
                set => set.SetProperty(e => e.DoneAt, time.GetUtcNow()).SetProperty(e => e.LastError, (string?)null),
                (services, _) =>
                {
                    var audit = services.GetRequiredService<AuditLog>();
                    foreach (var accountId in told)
                    {
                        audit.Add(
                            AuditEventTypes.NoticeSent,
                            accountId,
                            Requester.None,
                            entry.Subject,
                            about: entry.Kind
                        );
                    }

                    return Task.CompletedTask;
                }
            )
        );

    /// <summary>It has failed: it is tried again later, or given up.</summary>
    public async Task FailedAsync(OutboxEntry entry, Exception exception)
    {
        var now = time.GetUtcNow();
        var dueAt = now + Jittered(entry, options.WaitAfter(entry.Attempts));
        var givenUp = exception is PutOffException || dueAt > EndOf(entry);
        var error = exception.GetType().Name;
        development.Failed(entry.Kind, exception);
        var isKept = await UpdateAsync(
            entry,
            set =>
                set.SetProperty(e => e.DueAt, dueAt)
                    .SetProperty(e => e.LastError, error)
                    .SetProperty(e => e.GivenUpAt, givenUp ? now : null),
            (services, inner) =>
                givenUp && services.GetKeyedService<IOutboxHandler>(entry.Kind) is { } handler
                    ? handler.GivenUpAsync(entry, inner)
                    : Task.CompletedTask
        );
        Count(entry, givenUp ? "given_up" : "failed", isKept);
        if (isKept && givenUp)
        {
            LogGivenUp(entry.Id, entry.Kind, entry.Attempts, error);
        }
        else if (isKept)
        {
            LogPostponed(entry.Id, entry.Kind, entry.Attempts, error);
        }
    }

    /// <summary>Whether one that would be put off is too old to wait any longer.</summary>
    public bool IsOver(OutboxEntry entry) => time.GetUtcNow() > EndOf(entry);

    /// <summary>It waits. Security: threat 25. What waits for its turn is no failure, and was no try.</summary>
    public async Task PutOffAsync(OutboxEntry entry, TimeSpan wait) =>
        Count(
            entry,
            "put_off",
            await UpdateAsync(
                entry,
                set =>
                    set.SetProperty(e => e.DueAt, time.GetUtcNow() + Jittered(entry, wait))
                        .SetProperty(e => e.Attempts, e => e.Attempts - 1)
            )
        );

    /// <summary>It is given back: what a stopping process has in hand does not wait for the end of its lease.</summary>
    public async Task GiveBackAsync(OutboxEntry entry) =>
        Count(entry, "given_back", await UpdateAsync(entry, set => set.SetProperty(e => e.DueAt, time.GetUtcNow())));

    /// <summary>It is another's by now.</summary>
    public void Lost(OutboxEntry entry) => Count(entry, "lost", isKept: false);

    private DateTimeOffset EndOf(OutboxEntry entry) => (entry.RetriedAt ?? entry.CreatedAt) + options.GiveUpAfter;

    // Up to a fifth earlier, so that what failed together at one application does not come back together.
    private TimeSpan Jittered(OutboxEntry entry, TimeSpan wait) =>
        lanes.Of(entry.Kind) == OutboxLane.Applications
            ? wait * (1 - ((uint)entry.Id.GetHashCode() % 1000 / 5000.0))
            : wait;

    private void Count(OutboxEntry entry, string how, bool isKept)
    {
        metrics.Ran(entry.Kind, isKept ? how : "lost");
        if (!isKept)
        {
            LogLost(entry.Id, entry.Kind);
        }
    }

    // A scope of its own: the handler's context may hold what made it fail.
    private async Task<bool> UpdateAsync(
        OutboxEntry entry,
        Action<UpdateSettersBuilder<OutboxEntry>> set,
        Func<IServiceProvider, CancellationToken, Task>? also = null
    )
    {
        await using var scope = scopes.CreateAsyncScope();
        var work = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        return await work.RunAsync(
            async inner =>
            {
                var changed = await work
                    .Context.Set<OutboxEntry>()
                    .Where(e => e.Id == entry.Id && e.HeldBy == leases.Holder && e.Attempts == entry.Attempts)
                    .ExecuteUpdateAsync(
                        all =>
                        {
                            set(all);
                            all.SetProperty(e => e.HeldBy, (Guid?)null);
                        },
                        inner
                    );
                if (changed == 1 && also is not null)
                {
                    await also(scope.ServiceProvider, inner);
                }

                return changed == 1;
            },
            CancellationToken.None
        );
    }

    [LoggerMessage(
        LogLevel.Warning,
        "Outbox entry {EntryId} ({Kind}) took longer than this process gave signs of life for it; another may have it"
    )]
    private partial void LogLost(Guid entryId, string kind);

    [LoggerMessage(
        LogLevel.Warning,
        "Outbox entry {EntryId} ({Kind}) failed at try {Attempt} with {Error}; it is tried again"
    )]
    private partial void LogPostponed(Guid entryId, string kind, int attempt, string error);

    [LoggerMessage(
        LogLevel.Error,
        "Outbox entry {EntryId} ({Kind}) failed at try {Attempt} with {Error}; it is given up"
    )]
    private partial void LogGivenUp(Guid entryId, string kind, int attempt, string error);
}
