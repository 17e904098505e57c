namespace IdP.Recovery.Audit;

/// <summary>Adds events to the audit, in the transaction of what they record.</summary>
public sealed class AuditLog(UnitOfWork work)
{
    /// <summary>Adds an event; it is kept when the transaction under way is, or at the next save.</summary>
    /// <param name="type">One of <see cref="AuditEventTypes"/>.</param>
    /// <param name="accountId">The account it happened to.</param>
    /// <param name="origin">From where.</param>
    /// <param name="subjectId">The request, session or entry it belongs to.</param>
    /// <param name="reason">A reason from the type's list.</param>
    /// <param name="actorId">Who did it.</param>
    public AuditEvent Add(
        string type,
        string? accountId,
        RequestOrigin origin,
        string? subjectId = null,
        string? reason = null,
        string? actorId = null
    )
    {
        var now = work.Now;
        var added = new AuditEvent
        {
            Id = Guid.CreateVersion7(now),
            At = now,
            Type = type,
            AccountId = accountId,
            ActorId = actorId,
            SubjectId = subjectId,
            Network = origin.Network,
            Client = origin.Client,
            Reason = reason,
        };
        work.Context.Add(added);
        return added;
    }
}
