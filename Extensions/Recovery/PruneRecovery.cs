using IdP.Recovery.Audit;
using IdP.Recovery.Endpoints;
using IdP.Recovery.Factors;
using IdP.Recovery.Lockout;
using IdP.Recovery.MfaReset;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.SignIn;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IdP.Recovery;

/// <summary>A recurring job: drops what is past its retention. What happened stays in the audit.</summary>
public sealed class PruneRecovery(
    UnitOfWork work,
    RequestLimits limits,
    FailureCounts failures,
    PendingSignIns pending,
    RememberedBrowsers browsers,
    KnownBrowsers known,
    IOptions<PasswordResetOptions> options,
    IOptions<AdministratorResetOptions> administrators,
    IOptions<AuditOptions> audit
)
{
    private static readonly TimeSpan Unconfirmed = TimeSpan.FromDays(7);
    private static readonly TimeSpan KeepDone = TimeSpan.FromDays(1);

    private readonly PasswordResetOptions options = options.Value;

    /// <summary>Does it. Called every hour.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var before = work.Now - options.Retention;
        var guardedUntil = work.Now - administrators.Value.LongestPending - administrators.Value.StopFor;
        await work
            .Context.Set<ResetRequest>()
            .Where(r => r.RequestedAt < before && (r.Audience == Audience.User || r.RequestedAt < guardedUntil))
            .ExecuteDeleteAsync(cancellationToken);
        await work
            .Context.Set<PasswordChangeNotice>()
            .Where(n => n.ExpiresAt < before)
            .ExecuteDeleteAsync(cancellationToken);
        await work.Context.Set<MailedLink>().Where(l => l.ExpiresAt < before).ExecuteDeleteAsync(cancellationToken);
        var unconfirmedBefore = work.Now - Unconfirmed;
        await work
            .Context.Set<RecoveryAddress>()
            .Where(a => a.RemovedAt < before || a.ConfirmedAt == null && a.AskedAt < unconfirmedBefore)
            .ExecuteDeleteAsync(cancellationToken);
        var doneBefore = work.Now - KeepDone;
        await work.Context.Set<OutboxEntry>().Where(e => e.DoneAt < doneBefore).ExecuteDeleteAsync(cancellationToken);
        await PruneMfaResetsAsync(cancellationToken);
        await PruneReceiptsAsync(cancellationToken);
        await pending.PruneAsync(cancellationToken);
        await browsers.PruneAsync(cancellationToken);
        await known.PruneAsync(cancellationToken);
        await limits.PruneAsync(cancellationToken);
        await failures.PruneAsync(cancellationToken);
    }

    private Task PruneReceiptsAsync(CancellationToken cancellationToken)
    {
        var before = work.Now - audit.Value.KeepFor;
        return work
            .Context.Set<Receipt>()
            .Where(r => r.CreatedAt < before && r.State != ReceiptState.Pending)
            .ExecuteDeleteAsync(cancellationToken);
    }

    // Who was reset stays as long as the audit tells it.
    private async Task PruneMfaResetsAsync(CancellationToken cancellationToken)
    {
        var before = work.Now - audit.Value.KeepFor;
        var old = work.Context.Set<MfaResetBatch>().Where(b => b.StartedAt < before);
        await work
            .Context.Set<MfaResetTarget>()
            .Where(t => old.Any(b => b.Id == t.BatchId))
            .ExecuteDeleteAsync(cancellationToken);
        await old.ExecuteDeleteAsync(cancellationToken);
        await work
            .Context.Set<WaitingMfaReset>()
            .Where(w => w.RequestedAt < before)
            .ExecuteDeleteAsync(cancellationToken);
    }
}
