using System.Diagnostics;
using IdP.Recovery.Audit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace IdP.Recovery;

/// <summary>Does what is due in the outbox: takes it, calls its handler, and keeps how that went.</summary>
public sealed partial class OutboxRunner
{
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    private readonly IServiceScopeFactory scopes;
    private readonly OutboxLeases leases;
    private readonly OutboxLanes lanes;
    private readonly TimeProvider time;
    private readonly OutboxOptions options;
    private readonly RecoveryMetrics metrics;
    private readonly DevelopmentLog development;
    private readonly ILogger<OutboxRunner> logger;
    private readonly Dictionary<OutboxLane, OutboxShift> shifts = Enum.GetValues<OutboxLane>()
        .ToDictionary(lane => lane, _ => new OutboxShift());

    internal OutboxRunner(
        IServiceScopeFactory scopes,
        OutboxLeases leases,
        OutboxLanes lanes,
        TimeProvider time,
        IOptions<OutboxOptions> options,
        RecoveryMetrics metrics,
        DevelopmentLog development,
        ILogger<OutboxRunner> logger
    )
    {
        this.scopes = scopes;
        this.leases = leases;
        this.lanes = lanes;
        this.time = time;
        this.options = options.Value;
        this.metrics = metrics;
        this.development = development;
        this.logger = logger;
    }

    /// <summary>
    /// Works through a lane until nothing in it is due, several at once. Where this process is at it already, that goes on
    /// and this returns.
    /// </summary>
    /// <param name="cancellationToken">Stops, and gives back what was begun: the next worker finds it due.</param>
    public async Task RunAsync(OutboxLane lane, CancellationToken cancellationToken)
    {
        var shift = shifts[lane];
        if (!shift.TryBegin())
        {
            return;
        }

        var (waiting, underWay, isOn) = (new Queue<OutboxLease>(), new List<Task>(), true);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var (workers, stopped) = (OutboxLanes.WorkersOf(lane), Task.Delay(Timeout.Infinite, stop.Token));
        try
        {
            while (isOn)
            {
                // Order: what is committed after this is looked for again.
                var called = shift.Look();
                cancellationToken.ThrowIfCancellationRequested();
                if (waiting.Count == 0 && underWay.Count < workers)
                {
                    try
                    {
                        var taken = await TakeAsync(lane, workers - underWay.Count, cancellationToken);
                        taken.ForEach(waiting.Enqueue);
                    }
                    catch (Exception exception) when (underWay.Count > 0 && !stopped.IsCompleted)
                    {
                        LogNotLooked(exception, lane);
                        called = Task.Delay(AfterFailure, time, cancellationToken);
                    }
                }

                while (waiting.Count > 0 && underWay.Count < workers)
                {
                    underWay.Add(DoOrLogAsync(waiting.Dequeue(), cancellationToken));
                }

                if (underWay.Count == 0)
                {
                    isOn = !shift.TryEnd();
                    continue;
                }

                await Task.WhenAny([
                    .. underWay,
                    stopped,
                    .. underWay.Count < workers ? [called] : Array.Empty<Task>(),
                ]);
                underWay.RemoveAll(task => task.IsCompleted);
            }
        }
        finally
        {
            await Task.WhenAll([.. waiting.Select(GiveBackUnbegunAsync), .. underWay]);
            await stop.CancelAsync();
            if (isOn)
            {
                shift.End();
            }
        }
    }

    /// <summary>Tells whoever works through a lane in this process that there is more; false where nobody does.</summary>
    public bool LookAgain(OutboxLane lane) => shifts[lane].LookAgain();

    /// <summary>Runs an entry if it is due and nobody else holds it; otherwise does nothing.</summary>
    /// <param name="cancellationToken">Stops, and gives the entry back: the next worker finds it due.</param>
    public async Task RunAsync(Guid entryId, CancellationToken cancellationToken)
    {
        // Order: from the lease on nothing stops here, or nobody would give it back.
        cancellationToken.ThrowIfCancellationRequested();
        OutboxEntry? entry;
        await using (var scope = scopes.CreateAsyncScope())
        {
            entry = await scope
                .ServiceProvider.GetRequiredService<UnitOfWork>()
                .TakeDueAsync(entryId, leases, CancellationToken.None);
        }

        if (entry is not null)
        {
            using var lease = leases.Begin(entry);
            await DoAsync(lease, cancellationToken);
        }
    }

    /// <summary>
    /// Frees what an earlier process had in hand when it died, and what waits to be tried again. Only for a host that is the
    /// one process on its database, at its start: anywhere else, another node may be at work on it.
    /// </summary>
    /// <param name="cancellationToken">Stops; leases end by themselves.</param>
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

    private async Task<List<OutboxLease>> TakeAsync(OutboxLane lane, int free, CancellationToken cancellationToken)
    {
        // Order: from the lease on nothing stops here, or nobody would give it back.
        cancellationToken.ThrowIfCancellationRequested();
        await using var scope = scopes.CreateAsyncScope();
        var taken = await scope
            .ServiceProvider.GetRequiredService<UnitOfWork>()
            .TakeDueAsync(lane, free, lanes, leases, CancellationToken.None);
        return taken.ConvertAll(leases.Begin);
    }

    // What fails here is the keeping of how it went; the lease ends by itself.
    private async Task DoOrLogAsync(OutboxLease lease, CancellationToken cancellationToken)
    {
        using (lease)
        {
            await Task.Yield();
            try
            {
                await DoAsync(lease, cancellationToken);
            }
            catch (Exception) when (cancellationToken.IsCancellationRequested)
            {
                // It was given back.
            }
            catch (Exception exception)
            {
                LogNotKept(exception, lease.Entry.Id, lease.Entry.Kind);
            }
        }
    }

    // That was no try.
    private async Task GiveBackUnbegunAsync(OutboxLease lease)
    {
        using (lease)
        {
            try
            {
                await PutOffAsync(lease.Entry, TimeSpan.Zero);
            }
            catch (Exception exception)
            {
                LogNotKept(exception, lease.Entry.Id, lease.Entry.Kind);
            }
        }
    }

    private async Task DoAsync(OutboxLease lease, CancellationToken cancellationToken)
    {
        var entry = lease.Entry;
        if (!lease.IsHeld)
        {
            // It has waited here while this process hung.
            LogLost(entry.Id, entry.Kind);
            return;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lease.Over);
        await using var scope = scopes.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<OutboxHold>().Lease = lease;
        using var span = RecoveryMetrics.Traces.StartActivity("outbox " + entry.Kind);
        span?.SetTag("idp.outbox.entry", entry.Id);
        span?.SetTag("idp.outbox.attempt", entry.Attempts);
        try
        {
            var handler = scope.ServiceProvider.GetRequiredKeyedService<IOutboxHandler>(entry.Kind);
            await handler.HandleAsync(entry, stop.Token);
        }
        catch when (cancellationToken.IsCancellationRequested)
        {
            await GiveBackAsync(entry);
            throw;
        }
        catch (Exception) when (!lease.IsHeld)
        {
            // Whoever has it now keeps how it goes.
            metrics.Ran(entry.Kind, "lost");
            LogLost(entry.Id, entry.Kind);
            return;
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
            set =>
                set.SetProperty(e => e.DoneAt, time.GetUtcNow())
                    .SetProperty(e => e.LastError, (string?)null)
                    .SetProperty(e => e.HeldBy, (Guid?)null),
            CancellationToken.None,
            scope.ServiceProvider.GetRequiredService<TellEveryAddress>().Told
        );
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
                    .SetProperty(e => e.GivenUpAt, givenUp ? now : null)
                    .SetProperty(e => e.HeldBy, (Guid?)null),
            cancellationToken,
            givenUp: givenUp
        );
    }

    // Security: threat 25. What waits for its turn is no failure.
    private async Task PutOffAsync(OutboxEntry entry, TimeSpan wait)
    {
        metrics.Ran(entry.Kind, "put_off");
        var dueAt = time.GetUtcNow() + Jittered(entry, wait);
        await UpdateAsync(
            entry,
            set =>
                set.SetProperty(e => e.DueAt, dueAt)
                    .SetProperty(e => e.Attempts, e => e.Attempts - 1)
                    .SetProperty(e => e.HeldBy, (Guid?)null),
            CancellationToken.None
        );
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
        await UpdateAsync(
            entry,
            set => set.SetProperty(e => e.DueAt, time.GetUtcNow()).SetProperty(e => e.HeldBy, (Guid?)null),
            CancellationToken.None
        );
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
                    .Where(e => e.Id == entry.Id && e.HeldBy == leases.Holder && e.Attempts == entry.Attempts)
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

    [LoggerMessage(LogLevel.Warning, "The lane {Lane} of the outbox could not be looked at; it is tried again")]
    private partial void LogNotLooked(Exception exception, OutboxLane lane);

    [LoggerMessage(
        LogLevel.Warning,
        "How outbox entry {EntryId} ({Kind}) went could not be kept; it is tried again once its lease is over"
    )]
    private partial void LogNotKept(Exception exception, Guid entryId, string kind);

    [LoggerMessage(
        LogLevel.Warning,
        "Outbox entry {EntryId} ({Kind}) took longer than this process gave signs of life; another has it"
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
