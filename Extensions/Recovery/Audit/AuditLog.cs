using IdP.Recovery.Ports;

namespace IdP.Recovery.Audit;

/// <summary>Adds events to the audit, in the transaction of what they record.</summary>
public sealed class AuditLog(UnitOfWork work, IEnumerable<IAuditListener> listeners)
{
    private const int LastOfMillisecond = 0xFFF;

    private long millisecond;
    private int count;

    /// <summary>Adds an event; it is kept when the transaction under way is, or at the next save.</summary>
    /// <param name="type">One of <see cref="AuditEventTypes"/>.</param>
    /// <param name="accountId">The account it happened to.</param>
    /// <param name="subjectId">The request, session or entry it belongs to.</param>
    /// <param name="reason">One of <see cref="AuditReasons"/>, or several with blanks between.</param>
    /// <param name="actorId">Who did it.</param>
    /// <param name="proof">How the actor had proved who they are, as RFC 8176 names.</param>
    /// <param name="why">Why, in the actor's own words.</param>
    /// <param name="about">In place of a reason: what names come from elsewhere, such as roles.</param>
    /// <exception cref="ArgumentException">The reason is not of the list.</exception>
    public AuditEvent Add(
        string type,
        string? accountId,
        Requester requester,
        string? subjectId = null,
        string? reason = null,
        string? actorId = null,
        string? proof = null,
        string? why = null,
        string? about = null
    )
    {
        if (reason is not null && !reason.Split(' ').All(AuditReasons.All.Contains))
        {
            throw new ArgumentException($"{reason} is not of the list of reasons.", nameof(reason));
        }

        var now = work.Now;
        var added = new AuditEvent
        {
            Id = NextId(now),
            At = now,
            Type = type,
            AccountId = accountId,
            ActorId = actorId,
            SubjectId = subjectId,
            Network = requester.Network,
            Browser = requester.Browser,
            Reason = reason ?? about,
            Proof = proof,
            Why = why,
        };
        work.Context.Add(added);
        work.Context.Add(new UnsealedEvent { EventId = added.Id });
        foreach (var listener in listeners)
        {
            listener.Added(added);
        }

        return added;
    }

    // RFC 9562, 6.2, method 1: the 12 bits behind the time count, so that the events of one transaction keep their order.
    private Guid NextId(DateTimeOffset now)
    {
        var at = now.ToUnixTimeMilliseconds();
        count = at == millisecond ? Math.Min(count + 1, LastOfMillisecond) : 0;
        millisecond = at;
        var id = Guid.CreateVersion7(now).ToByteArray(bigEndian: true);
        id[6] = (byte)((id[6] & 0xF0) | (count >> 8));
        id[7] = (byte)count;
        return new Guid(id, bigEndian: true);
    }
}
