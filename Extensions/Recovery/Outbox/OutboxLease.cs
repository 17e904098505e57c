using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace IdP.Recovery;

/// <summary>
/// What this process has in hand. Leases are short and renewed while it lives, so that others soon take over what a killed
/// one held, and a process that hangs and comes back finds them over.
/// </summary>
internal sealed class OutboxLeases(IServiceScopeFactory scopes, TimeProvider time, IOptions<OutboxOptions> options)
{
    private readonly ConcurrentDictionary<Guid, OutboxLease> held = new();

    /// <summary>This process, as it stands in the rows.</summary>
    public Guid Holder { get; } = Guid.CreateVersion7(time.GetUtcNow());

    public TimeSpan Length { get; } = options.Value.Lease;

    /// <summary>Holds what a row says is held until then. Disposed, it is renewed no more.</summary>
    public OutboxLease Begin(OutboxEntry entry)
    {
        // One that is over may still be at work here when its entry is taken again.
        var lease = new OutboxLease(entry, time, ended => held.TryRemove(new(entry.Id, ended)));
        held[entry.Id] = lease;
        return lease;
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
}

/// <summary>An entry in hand, for as long as this process gives signs of life.</summary>
internal sealed class OutboxLease : IDisposable
{
    // Whoever takes longer than this for one entry hangs: another may try.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    private readonly TimeProvider time;
    private readonly Action<OutboxLease> end;
    private readonly DateTimeOffset began;
    private readonly CancellationTokenSource over;
    private readonly Lock gate = new();
    private DateTimeOffset until;
    private bool isDone;

    public OutboxLease(OutboxEntry entry, TimeProvider time, Action<OutboxLease> end)
    {
        (Entry, until, began, this.time, this.end) = (entry, entry.DueAt, time.GetUtcNow(), time, end);
        over = new CancellationTokenSource(Left(), time);
    }

    /// <summary>As it was taken.</summary>
    public OutboxEntry Entry { get; }

    /// <summary>Stops when it is over.</summary>
    public CancellationToken Over => over.Token;

    public bool IsHeld => time.GetUtcNow() < until;

    /// <summary>Whether it goes on for as long as this process lives.</summary>
    public bool IsRenewed => IsHeld && time.GetUtcNow() < began + Longest;

    public void Extend(DateTimeOffset newEnd)
    {
        lock (gate)
        {
            if (IsHeld && !isDone)
            {
                until = newEnd;
                over.CancelAfter(Left());
            }
        }
    }

    public void Dispose()
    {
        end(this);
        lock (gate)
        {
            isDone = true;
            over.Dispose();
        }
    }

    private TimeSpan Left() => until > time.GetUtcNow() ? until - time.GetUtcNow() : TimeSpan.Zero;
}

/// <summary>In the scope of an entry's handler: whether this process still has it in hand.</summary>
internal sealed class OutboxHold
{
    /// <summary>Null where nothing of the outbox is done.</summary>
    public OutboxLease? Lease { get; set; }

    /// <summary>Security: threat 17. To be called before anything leaves the house: it may be another's work by now.</summary>
    /// <exception cref="OperationCanceledException">It is.</exception>
    public void ThrowIfOver()
    {
        if (Lease is { IsHeld: false } lease)
        {
            throw new OperationCanceledException("The lease is over.", lease.Over);
        }
    }
}
