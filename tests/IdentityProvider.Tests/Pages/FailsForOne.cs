using IdP.Recovery.Audit;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace IdentityProvider.Tests.Pages;

/// <summary>Fails to write down that somebody is suspended.</summary>
internal sealed class FailsForOne : SaveChangesInterceptor
{
    public string? AccountId { get; set; }

    public override ValueTask<InterceptionResult<int>> SavingChangesAsync(
        DbContextEventData eventData,
        InterceptionResult<int> result,
        CancellationToken cancellationToken = default
    ) =>
        eventData
            .Context!.ChangeTracker.Entries<AuditEvent>()
            .Any(e => e.Entity.Type == AuditEventTypes.AccountSuspended && e.Entity.AccountId == AccountId)
            ? throw new TimeoutException("The database does not answer.")
            : base.SavingChangesAsync(eventData, result, cancellationToken);
}
