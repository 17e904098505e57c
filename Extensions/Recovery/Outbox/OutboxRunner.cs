using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace IdP.Recovery;

/// <summary>Does what is due in the outbox: takes it, calls its handler, and keeps how that went.</summary>
public sealed partial class OutboxRunner
{
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    private readonly IServiceScopeFactory scopes;
    private readonly OutboxLeases leases;
    private readonly KeepEntry keep;
    private readonly TimeProvider time;
    private readonly ILogger<OutboxRunner> logger;
    private readonly Dictionary<OutboxLane, OutboxShift> shifts = Enum.GetValues<OutboxLane>()
        .ToDictionary(lane => lane, _ => new OutboxShift());

    internal OutboxRunner(
        IServiceScopeFactory scopes,
        OutboxLeases leases,
        KeepEntry keep,
        TimeProvider time,
        ILogger<OutboxRunner> logger
    )
    {
        this.scopes = scopes;
        this.leases = leases;
        this.keep = keep;
        this.time = time;
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
                // Order: what is committed after this is looked for again. From a lease on nothing stops, or nobody would
                // give it back.
                var called = shift.Look();
                cancellationToken.ThrowIfCancellationRequested();
                if (waiting.Count == 0 && underWay.Count < workers)
                {
                    try
                    {
                        var taken = await leases.TakeAsync(lane, workers - underWay.Count);
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
        cancellationToken.ThrowIfCancellationRequested();
        using var lease = await leases.TakeAsync(entryId);
        if (lease is not null)
        {
            await DoAsync(lease, cancellationToken);
        }
    }

    /// <summary>
    /// Frees what an earlier process had in hand when it died, and what waits to be tried again. Only for a host that is the
    /// one process on its database, at its start: anywhere else, another node may be at work on it.
    /// </summary>
    /// <param name="cancellationToken">Stops; leases end by themselves.</param>
    public Task TakeOverAsync(CancellationToken cancellationToken) => leases.TakeOverAsync(cancellationToken);

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
                await keep.PutOffAsync(lease.Entry, TimeSpan.Zero);
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
            keep.Lost(entry);
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
            await keep.GiveBackAsync(entry);
            throw;
        }
        catch (Exception) when (!lease.IsHeld)
        {
            keep.Lost(entry);
            return;
        }
        catch (PutOffException putOff) when (putOff.Endless || !keep.IsOver(entry))
        {
            await keep.PutOffAsync(entry, putOff.Wait);
            return;
        }
        catch (Exception exception)
        {
            span?.SetStatus(ActivityStatusCode.Error, exception.GetType().Name);
            await keep.FailedAsync(entry, exception);
            return;
        }

        await keep.DoneAsync(entry, scope.ServiceProvider.GetRequiredService<TellEveryAddress>().Told);
    }

    [LoggerMessage(LogLevel.Warning, "The lane {Lane} of the outbox could not be looked at; it is tried again")]
    private partial void LogNotLooked(Exception exception, OutboxLane lane);

    [LoggerMessage(
        LogLevel.Warning,
        "How outbox entry {EntryId} ({Kind}) went could not be kept; it is tried again once its lease is over"
    )]
    private partial void LogNotKept(Exception exception, Guid entryId, string kind);
}
