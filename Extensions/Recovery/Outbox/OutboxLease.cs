namespace IdP.Recovery;

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

    /// <summary>Security: threat 17. To be called before a mail leaves the house: it may be another's work by now.</summary>
    /// <exception cref="OperationCanceledException">It is.</exception>
    public void ThrowIfOver()
    {
        if (Lease is { IsHeld: false } lease)
        {
            throw new OperationCanceledException("The lease is over.", lease.Over);
        }
    }
}
