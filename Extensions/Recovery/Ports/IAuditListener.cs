using IdP.Recovery.Audit;

namespace IdP.Recovery.Ports;

/// <summary>
/// Port: hears every event that is added to the audit, in the transaction of its cause, so that a host can add work of
/// its own to that transaction. Any number may be registered, none included.
/// </summary>
public interface IAuditListener
{
    /// <summary>
    /// Called for each event. An exception undoes the cause; a listener does no more than <see cref="UnitOfWork.Enqueue"/>.
    /// </summary>
    /// <param name="added">The event, not yet saved.</param>
    void Added(AuditEvent added);
}
