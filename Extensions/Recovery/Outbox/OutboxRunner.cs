using System.ComponentModel.DataAnnotations;
using System.Diagnostics;
using IdP.Recovery.Audit;
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
    /// <param name="cancellationToken">Stops; the entry is tried again later.</param>
    Task HandleAsync(OutboxEntry entry, CancellationToken cancellationToken);

    /// <summary>Called when an entry is given up, in the transaction that keeps it.</summary>
    Task GivenUpAsync(OutboxEntry entry, CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>Thrown by a handler that cannot begin yet: the entry waits for so long, and this was no try.</summary>
internal sealed class PutOffException(TimeSpan wait) : Exception("Not yet.")
{
    public TimeSpan Wait => wait;

    /// <summary>Whether it waits for as long as it takes, since somebody has said so.</summary>
    public bool Endless { get; init; }
}

/// <summary>Section <c>AccountRecovery:Outbox</c>.</summary>
public sealed class OutboxOptions : IValidatableObject
{
    /// <summary>
    /// How long one worker may hold an entry before another takes it over. Default 5 minutes; 1 minute to 1 hour.
    /// </summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Waits between tries, each 1 second to 24 hours; the last is repeated until <see cref="GiveUpAfter"/>. When none is
    /// set: 10 s, 30 s, 1, 2, 5, 15 and 30 minutes, 1, 2 and 4 hours.
    /// </summary>
    public IList<TimeSpan> Backoff { get; } = [];

    /// <summary>How long after its cause an entry is still tried. Default 26 hours; 24 hours to 30 days.</summary>
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

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        Backoff
            .Select((wait, i) => Between($"Backoff:{i}", wait, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)))
            .Append(Between(nameof(Lease), Lease, TimeSpan.FromMinutes(1), TimeSpan.FromHours(1)))
            .Append(Between(nameof(GiveUpAfter), GiveUpAfter, TimeSpan.FromHours(24), TimeSpan.FromDays(30)))
            .OfType<ValidationResult>();

    private static ValidationResult? Between(string name, TimeSpan value, TimeSpan least, TimeSpan most) =>
        value >= least && value <= most
            ? null
            : new($"AccountRecovery:Outbox:{name} must be from {least} to {most}, but was {value}.", [name]);

    internal TimeSpan WaitAfter(int attempt)
    {
        var waits = Backoff.Count > 0 ? (IReadOnlyList<TimeSpan>)[.. Backoff] : UsualBackoff;
        return waits[Math.Clamp(attempt, 1, waits.Count) - 1];
    }
}

/// <summary>Runs one outbox entry: takes it, calls its handler, and keeps how that went.</summary>
public sealed partial class OutboxRunner
{
    private readonly IServiceScopeFactory scopes;
    private readonly IRecoveryJobs jobs;
    private readonly OutboxLanes lanes;
    private readonly TimeProvider time;
    private readonly OutboxOptions options;
    private readonly RecoveryMetrics metrics;
    private readonly DevelopmentLog development;
    private readonly ILogger<OutboxRunner> logger;

    internal OutboxRunner(
        IServiceScopeFactory scopes,
        IRecoveryJobs jobs,
        OutboxLanes lanes,
        TimeProvider time,
        IOptions<OutboxOptions> options,
        RecoveryMetrics metrics,
        DevelopmentLog development,
        ILogger<OutboxRunner> logger
    )
    {
        this.scopes = scopes;
        this.jobs = jobs;
        this.lanes = lanes;
        this.time = time;
        this.options = options.Value;
        this.metrics = metrics;
        this.development = development;
        this.logger = logger;
    }

    /// <summary>Runs an entry if it is due and nobody else holds it; otherwise does nothing.</summary>
    /// <param name="cancellationToken">Stops, and gives the entry back: the next worker finds it due.</param>
    public async Task RunAsync(Guid entryId, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var work = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        if (await TakeAsync(work, entryId, cancellationToken) is not { } entry)
        {
            return;
        }

        using var span = RecoveryMetrics.Traces.StartActivity("outbox " + entry.Kind);
        span?.SetTag("idp.outbox.entry", entry.Id);
        span?.SetTag("idp.outbox.attempt", entry.Attempts);
        try
        {
            var handler = scope.ServiceProvider.GetRequiredKeyedService<IOutboxHandler>(entry.Kind);
            await handler.HandleAsync(entry, cancellationToken);
        }
        catch when (cancellationToken.IsCancellationRequested)
        {
            await GiveBackAsync(entry);
            throw;
        }
        catch (PutOffException putOff) when (putOff.Endless || !IsOver(entry))
        {
            await PutOffAsync(entry, putOff.Wait);
            return;
        }
        catch (Exception exception)
        {
            span?.SetStatus(ActivityStatusCode.Error, exception.GetType().Name);
            await PostponeAsync(entry, exception, CancellationToken.None);
            return;
        }

        metrics.Ran(entry.Kind, "done");
        await UpdateAsync(
            entry,
            set => set.SetProperty(e => e.DoneAt, time.GetUtcNow()).SetProperty(e => e.LastError, (string?)null),
            CancellationToken.None,
            scope.ServiceProvider.GetRequiredService<TellEveryAddress>().Told
        );
    }

    // The lease is the due time moved ahead by a guarded update: of two workers one changes the row.
    private async Task<OutboxEntry?> TakeAsync(UnitOfWork work, Guid entryId, CancellationToken cancellationToken)
    {
        // Order: from the lease on nothing stops here, or nobody would give it back.
        cancellationToken.ThrowIfCancellationRequested();
        var now = time.GetUtcNow();
        var taken = await work
            .Context.Set<OutboxEntry>()
            .Where(e => e.Id == entryId && e.DueAt <= now && e.DoneAt == null && e.GivenUpAt == null)
            .ExecuteUpdateAsync(
                set =>
                    set.SetProperty(e => e.DueAt, now + options.Lease)
                        .SetProperty(e => e.Attempts, e => e.Attempts + 1),
                CancellationToken.None
            );
        return taken == 0
            ? null
            : await work
                .Context.Set<OutboxEntry>()
                .AsNoTracking()
                .SingleAsync(e => e.Id == entryId, CancellationToken.None);
    }

    private async Task PostponeAsync(OutboxEntry entry, Exception exception, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var dueAt = now + Jittered(entry, options.WaitAfter(entry.Attempts));
        var givenUp = exception is PutOffException || dueAt > EndOf(entry);
        var error = exception.GetType().Name;
        metrics.Ran(entry.Kind, givenUp ? "given_up" : "failed");
        development.Failed(entry.Kind, exception);
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
            cancellationToken,
            givenUp: givenUp
        );
        if (!givenUp)
        {
            jobs.RunAt(entry.Id, lanes.Of(entry.Kind), dueAt);
        }
    }

    // Security: threat 25. What waits for its turn is no failure.
    private async Task PutOffAsync(OutboxEntry entry, TimeSpan wait)
    {
        metrics.Ran(entry.Kind, "put_off");
        var dueAt = time.GetUtcNow() + Jittered(entry, wait);
        await UpdateAsync(
            entry,
            set => set.SetProperty(e => e.DueAt, dueAt).SetProperty(e => e.Attempts, e => e.Attempts - 1),
            CancellationToken.None
        );
        jobs.RunAt(entry.Id, lanes.Of(entry.Kind), dueAt);
    }

    private DateTimeOffset EndOf(OutboxEntry entry) => (entry.RetriedAt ?? entry.CreatedAt) + options.GiveUpAfter;

    private bool IsOver(OutboxEntry entry) => time.GetUtcNow() > EndOf(entry);

    // Up to a fifth earlier, so that what failed together at one application does not come back together.
    private TimeSpan Jittered(OutboxEntry entry, TimeSpan wait) =>
        lanes.Of(entry.Kind) == OutboxLane.Applications
            ? wait * (1 - ((uint)entry.Id.GetHashCode() % 1000 / 5000.0))
            : wait;

    // What a stopping process has in hand does not wait for the end of its lease.
    private async Task GiveBackAsync(OutboxEntry entry)
    {
        metrics.Ran(entry.Kind, "given_back");
        await UpdateAsync(entry, set => set.SetProperty(e => e.DueAt, time.GetUtcNow()), CancellationToken.None);
    }

    // A scope of its own: the handler's context may hold what made it fail. Whom the entry has told is audited by
    // whoever marks it as done, so once, however often it was tried.
    private async Task UpdateAsync(
        OutboxEntry entry,
        Action<Microsoft.EntityFrameworkCore.Query.UpdateSettersBuilder<OutboxEntry>> set,
        CancellationToken cancellationToken,
        IReadOnlyList<string>? told = null,
        bool givenUp = false
    )
    {
        await using var scope = scopes.CreateAsyncScope();
        var work = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        var audit = scope.ServiceProvider.GetRequiredService<AuditLog>();
        await work.RunAsync(
            async inner =>
            {
                var changed = await work
                    .Context.Set<OutboxEntry>()
                    .Where(e => e.Id == entry.Id && e.Attempts == entry.Attempts)
                    .ExecuteUpdateAsync(set, inner);
                if (
                    changed == 1
                    && givenUp
                    && scope.ServiceProvider.GetKeyedService<IOutboxHandler>(entry.Kind) is { } handler
                )
                {
                    await handler.GivenUpAsync(entry, inner);
                }

                foreach (var accountId in changed == 0 ? [] : told ?? [])
                {
                    audit.Add(AuditEventTypes.NoticeSent, accountId, Requester.None, entry.Subject, about: entry.Kind);
                }
            },
            cancellationToken
        );
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
