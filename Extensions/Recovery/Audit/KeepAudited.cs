using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;

namespace IdP.Recovery.Audit;

/// <summary>Events and seals are added and never changed.</summary>
public static class KeepAudited
{
    /// <summary>
    /// Refuses to save a change of what is audited. To be called in <c>SaveChanges</c>; what retention removes does not
    /// come this way.
    /// </summary>
    /// <param name="changes">What is about to be saved.</param>
    /// <exception cref="InvalidOperationException">An event or its seal was changed or removed.</exception>
    public static void KeepAudit(this ChangeTracker changes)
    {
        if (
            changes
                .Entries()
                .Any(e => e is { Entity: AuditEvent or AuditSeal, State: EntityState.Modified or EntityState.Deleted })
        )
        {
            throw new InvalidOperationException("What is audited is never changed.");
        }
    }
}
