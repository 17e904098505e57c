using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace IdP.Recovery;

/// <summary>Does one kind of outbox work. It may be called again after a crash and must be idempotent.</summary>
public interface IOutboxHandler
{
    /// <summary>Does the work; an exception means 'not yet', and the entry is tried again later.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="cancellationToken">Stops; the entry is tried again later.</param>
    Task HandleAsync(OutboxEntry entry, CancellationToken cancellationToken);
}

/// <summary>Section <c>AccountRecovery:Outbox</c>.</summary>
public sealed class OutboxOptions
{
    /// <summary>How long one worker may hold an entry before another takes it over. Default 5 minutes.</summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Waits between tries; the last is repeated until <see cref="GiveUpAfter"/>. When none is set: 10 s, 30 s, 1, 2, 5,
    /// 15 and 30 minutes, 1, 2 and 4 hours.
    /// </summary>
    public IList<TimeSpan> Backoff { get; } = [];

    /// <summary>How long after its cause an entry is still tried. Default 26 hours; at least 24.</summary>
    public TimeSpan GiveUpAfter { get; set; } = TimeSpan.FromHours(26);

    // Not the list's own content: configuration adds to a list, and could never make these waits other ones.
    private static readonly TimeSpan[] UsualBackoff =
    [
        TimeSpan.FromSeconds(10),
        TimeSpan.FromSeconds(30),
        TimeSpan.FromMinutes(1),
        TimeSpan.FromMinutes(2),
        TimeSpan.FromMinutes(5),
        TimeSpan.FromMinutes(15),
        TimeSpan.FromMinutes(30),
        TimeSpan.FromHours(1),
        TimeSpan.FromHours(2),
        TimeSpan.FromHours(4),
    ];

    internal TimeSpan WaitAfter(int attempt)
    {
        var waits = Backoff.Count > 0 ? (IReadOnlyList<TimeSpan>)[.. Backoff] : UsualBackoff;
        return waits[Math.Clamp(attempt, 1, waits.Count) - 1];
    }
}

/// <summary>Runs one outbox entry: takes it, calls its handler, and keeps how that went.</summary>
public sealed partial class OutboxRunner(
    IServiceScopeFactory scopes,
    IRecoveryJobs jobs,
    TimeProvider time,
    IOptions<OutboxOptions> options,
    RecoveryMetrics metrics,
    ILogger<OutboxRunner> logger
)
{
    private readonly OutboxOptions options = options.Value;

    /// <summary>Runs an entry if it is due and nobody else holds it; otherwise does nothing.</summary>
    /// <param name="entryId">The entry.</param>
    /// <param name="cancellationToken">Stops; the entry is taken up again when its lease ends.</param>
    public async Task RunAsync(Guid entryId, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var work = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        if (await TakeAsync(work, entryId, cancellationToken) is not { } entry)
        {
            return;
        }

        try
        {
            var handler = scope.ServiceProvider.GetRequiredKeyedService<IOutboxHandler>(entry.Kind);
            await handler.HandleAsync(entry, cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            await PostponeAsync(entry, exception, cancellationToken);
            return;
        }

        metrics.Ran(entry.Kind, "done");
        await UpdateAsync(
            entry,
            set =>
                set.SetProperty(e => e.DoneAt, time.GetUtcNow())
                    .SetProperty(e => e.LastError, (string?)null),
            cancellationToken
        );
    }

    // The lease is the due time moved ahead by a guarded update: of two workers one changes the row.
    private async Task<OutboxEntry?> TakeAsync(
        UnitOfWork work,
        Guid entryId,
        CancellationToken cancellationToken
    )
    {
        var now = time.GetUtcNow();
        var taken = await work
            .Context.Set<OutboxEntry>()
            .Where(e =>
                e.Id == entryId && e.DueAt <= now && e.DoneAt == null && e.GivenUpAt == null
            )
            .ExecuteUpdateAsync(
                set =>
                    set.SetProperty(e => e.DueAt, now + options.Lease)
                        .SetProperty(e => e.Attempts, e => e.Attempts + 1),
                cancellationToken
            );
        return taken == 0
            ? null
            : await work
                .Context.Set<OutboxEntry>()
                .AsNoTracking()
                .SingleAsync(e => e.Id == entryId, cancellationToken);
    }

    private async Task PostponeAsync(
        OutboxEntry entry,
        Exception exception,
        CancellationToken cancellationToken
    )
    {
        var now = time.GetUtcNow();
        var dueAt = now + options.WaitAfter(entry.Attempts);
        var givenUp = dueAt > (entry.RetriedAt ?? entry.CreatedAt) + options.GiveUpAfter;
        var error = exception.GetType().Name;
        metrics.Ran(entry.Kind, givenUp ? "given_up" : "failed");
        if (givenUp)
        {
            LogGivenUp(entry.Id, entry.Kind, entry.Attempts, error);
        }
        else
        {
            LogPostponed(entry.Id, entry.Kind, entry.Attempts, error);
        }

        await UpdateAsync(
            entry,
            set =>
                set.SetProperty(e => e.DueAt, dueAt)
                    .SetProperty(e => e.LastError, error)
                    .SetProperty(e => e.GivenUpAt, givenUp ? now : null),
            cancellationToken
        );
        if (!givenUp)
        {
            jobs.RunAt(entry.Id, dueAt);
        }
    }

    // A scope of its own: the handler's context may hold what made it fail.
    private async Task UpdateAsync(
        OutboxEntry entry,
        Action<Microsoft.EntityFrameworkCore.Query.UpdateSettersBuilder<OutboxEntry>> set,
        CancellationToken cancellationToken
    )
    {
        await using var scope = scopes.CreateAsyncScope();
        await scope
            .ServiceProvider.GetRequiredService<UnitOfWork>()
            .Context.Set<OutboxEntry>()
            .Where(e => e.Id == entry.Id && e.Attempts == entry.Attempts)
            .ExecuteUpdateAsync(set, cancellationToken);
    }

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
