using IdP.Recovery.Addresses;
using IdP.Recovery.Audit;
using IdP.Recovery.Enrollment;
using IdP.Recovery.Factors;
using IdP.Recovery.MfaReset;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.RecoveryCodes;
using IdP.Recovery.SignIn;
using IdP.Recovery.Totp;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;

namespace IdP.Recovery;

/// <summary>The tables of the plugin in the host's own model.</summary>
public static class AccountRecoveryModel
{
    private const int IdLength = 128;

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

    /// <summary>Adds the plugin's tables, all named <c>Recovery…</c>. To be called in <c>OnModelCreating</c>.</summary>
    /// <param name="builder">The host's model.</param>
    public static ModelBuilder UseAccountRecovery(this ModelBuilder builder)
    {
        builder.Entity<PasswordResetRequest>(request =>
        {
            request.ToTable("RecoveryPasswordResetRequests");
            request.Property(r => r.Address).HasMaxLength(EmailAddress.MaxLength);
            request.Property(r => r.Audience).HasConversion<string>().HasMaxLength(16);
            request.Property(r => r.Purpose).HasConversion<string>().HasMaxLength(16);
            request.Property(r => r.Network).HasMaxLength(RequestOrigin.MaxLength);
            request.Property(r => r.Client).HasMaxLength(RequestOrigin.MaxLength);
            request.Property(r => r.AccountId).HasMaxLength(IdLength);
            request.Property(r => r.SecurityStamp).HasMaxLength(IdLength);
            request.Property(r => r.ApprovedBy).HasMaxLength(IdLength);
            request.Property(r => r.TokenHash).HasMaxLength(Secrets.HashLength);
            request.HasIndex(r => r.TokenHash).IsUnique();
            request.HasIndex(r => r.AccountId);
            request.HasIndex(r => r.RequestedAt);
        });
        builder.Entity<PasswordChangeNotice>(notice =>
        {
            notice.ToTable("RecoveryPasswordChangeNotices");
            notice.Property(n => n.AccountId).HasMaxLength(IdLength);
            notice.Property(n => n.Address).HasMaxLength(EmailAddress.MaxLength);
            notice.Property(n => n.Network).HasMaxLength(RequestOrigin.MaxLength);
            notice.Property(n => n.Client).HasMaxLength(RequestOrigin.MaxLength);
            notice.Property(n => n.TokenHash).HasMaxLength(Secrets.HashLength);
            notice.HasIndex(n => n.TokenHash).IsUnique();
            notice.HasIndex(n => n.ExpiresAt);
        });
        builder.Entity<RecoveryAddress>(address =>
        {
            address.ToTable("RecoveryAddresses");
            address.Property(a => a.AccountId).HasMaxLength(IdLength);
            address.Property(a => a.Address).HasMaxLength(EmailAddress.MaxLength);
            address.Property(a => a.Normalized).HasMaxLength(EmailAddress.MaxLength);
            address.Property(a => a.Confirmed).HasMaxLength(EmailAddress.MaxLength);
            address.Property(a => a.Network).HasMaxLength(RequestOrigin.MaxLength);
            address.Property(a => a.Client).HasMaxLength(RequestOrigin.MaxLength);

            // Both databases let any number of rows have none.
            address.HasIndex(a => a.Confirmed).IsUnique();
            address.HasIndex(a => new { a.AccountId, a.Place }).IsUnique();
        });
        builder.Entity<OutboxEntry>(entry =>
        {
            entry.ToTable("RecoveryOutbox");
            entry.Property(e => e.Kind).HasMaxLength(64);
            entry.Property(e => e.Subject).HasMaxLength(2 * IdLength);
            entry.Property(e => e.LastError).HasMaxLength(IdLength);
            entry.HasIndex(e => new
            {
                e.DoneAt,
                e.GivenUpAt,
                e.DueAt,
            });
        });
        builder.Entity<FailureCount>(count =>
        {
            count.ToTable("RecoveryFailureCounts");
            count.HasKey(c => new { c.AccountId, c.Factor });
            count.Property(c => c.AccountId).HasMaxLength(IdLength);
            count.Property(c => c.Factor).HasConversion<string>().HasMaxLength(16);
            count.HasIndex(c => c.LockedUntil);
        });
        builder.Entity<TotpAuthenticator>(authenticator =>
        {
            authenticator.ToTable("RecoveryTotpAuthenticators");
            authenticator.Property(t => t.AccountId).HasMaxLength(IdLength);
            authenticator.Property(t => t.Name).HasMaxLength(64);
            authenticator.Property(t => t.Algorithm).HasConversion<string>().HasMaxLength(8);
            authenticator.HasIndex(t => t.AccountId);
            authenticator.HasIndex(t => t.Required).HasFilter("\"Required\"");
        });
        builder.Entity<RecoveryCode>(code =>
        {
            code.ToTable("RecoveryCodes");
            code.Property(c => c.AccountId).HasMaxLength(IdLength);
            code.Property(c => c.CodeHash).HasMaxLength(Secrets.HashLength);
            code.HasIndex(c => c.CodeHash).IsUnique();
            code.HasIndex(c => c.AccountId);
        });
        builder.Entity<PendingSignIn>(pending =>
        {
            pending.ToTable("RecoveryPendingSignIns");
            pending.Property(p => p.AccountId).HasMaxLength(IdLength);
            pending.Property(p => p.SecurityStamp).HasMaxLength(IdLength);
            pending.Property(p => p.TokenHash).HasMaxLength(Secrets.HashLength);
            pending.Property(p => p.Portal).HasConversion<string>().HasMaxLength(16);
            pending.Property(p => p.Methods).HasMaxLength(64);
            pending.HasIndex(p => p.TokenHash).IsUnique();
            pending.HasIndex(p => p.AccountId);
            pending.HasIndex(p => p.ExpiresAt);
        });
        builder.Entity<RememberedBrowser>(browser =>
        {
            browser.ToTable("RecoveryRememberedBrowsers");
            browser.Property(b => b.AccountId).HasMaxLength(IdLength);
            browser.Property(b => b.SecurityStamp).HasMaxLength(IdLength);
            browser.Property(b => b.TokenHash).HasMaxLength(Secrets.HashLength);
            browser.Property(b => b.Network).HasMaxLength(RequestOrigin.MaxLength);
            browser.Property(b => b.Client).HasMaxLength(RequestOrigin.MaxLength);
            browser.HasIndex(b => b.TokenHash).IsUnique();
            browser.HasIndex(b => b.AccountId);
        });
        builder.Entity<MfaEnrollment>(enrollment =>
        {
            enrollment.ToTable("RecoveryEnrollments");
            enrollment.HasKey(e => e.AccountId);
            enrollment.Property(e => e.AccountId).HasMaxLength(IdLength);
            enrollment.Property(e => e.Cause).HasConversion<string>().HasMaxLength(16);
            enrollment.HasIndex(e => e.NextNoticeAt);
            enrollment.HasIndex(e => new { e.EnrolledAt, e.EndsAt });
        });
        builder.Entity<WaitingMfaReset>(waiting =>
        {
            waiting.ToTable("RecoveryWaitingMfaResets");
            waiting.Property(w => w.AccountId).HasMaxLength(IdLength);
            waiting.Property(w => w.SecurityStamp).HasMaxLength(IdLength);
            waiting.Property(w => w.ActorId).HasMaxLength(IdLength);
            waiting.Property(w => w.Proof).HasMaxLength(64);
            waiting.Property(w => w.Why).HasMaxLength(MfaResetOrder.MaxWhy);
            waiting.Property(w => w.DecidedBy).HasMaxLength(IdLength);
            waiting.Property(w => w.Network).HasMaxLength(RequestOrigin.MaxLength);
            waiting.Property(w => w.Client).HasMaxLength(RequestOrigin.MaxLength);
            waiting.HasIndex(w => w.RequestedAt);
        });
        builder.Entity<MfaResetBatch>(batch =>
        {
            batch.ToTable("RecoveryMfaResetBatches");
            batch.Property(b => b.ActorId).HasMaxLength(IdLength);
            batch.Property(b => b.ActorRoles).HasMaxLength(128);
            batch.Property(b => b.Proof).HasMaxLength(64);
            batch.Property(b => b.Why).HasMaxLength(MfaResetOrder.MaxWhy);
            batch.Property(b => b.Network).HasMaxLength(RequestOrigin.MaxLength);
            batch.Property(b => b.Client).HasMaxLength(RequestOrigin.MaxLength);
        });
        builder.Entity<MfaResetTarget>(target =>
        {
            target.ToTable("RecoveryMfaResetTargets");
            target.HasKey(t => new { t.BatchId, t.AccountId });
            target.Property(t => t.AccountId).HasMaxLength(IdLength);
            target.Property(t => t.Outcome).HasConversion<string>().HasMaxLength(24);
            target.HasIndex(t => new
            {
                t.BatchId,
                t.Outcome,
                t.Ordinal,
            });
            target.HasOne<MfaResetBatch>().WithMany().HasForeignKey(t => t.BatchId);
        });
        builder.Entity<MailedLink>(link =>
        {
            link.ToTable("RecoveryMailedLinks");
            link.Property(l => l.Kind).HasConversion<string>().HasMaxLength(32);
            link.Property(l => l.AccountId).HasMaxLength(IdLength);
            link.Property(l => l.SubjectId).HasMaxLength(IdLength);
            link.Property(l => l.Network).HasMaxLength(RequestOrigin.MaxLength);
            link.Property(l => l.Client).HasMaxLength(RequestOrigin.MaxLength);
            link.Property(l => l.TokenHash).HasMaxLength(Secrets.HashLength);
            link.HasIndex(l => l.TokenHash).IsUnique();
            link.HasIndex(l => l.SubjectId);
            link.HasIndex(l => l.ExpiresAt);
        });
        builder.Entity<RequestLimit>(limit =>
        {
            limit.ToTable("RecoveryLimits");
            limit.HasKey(l => l.Key);
            limit.Property(l => l.Key).HasMaxLength(Secrets.HashLength);
            limit.HasIndex(l => l.ExpiresAt);
        });
        AuditModel.Add(builder);
        builder.Entity<Dashboard.MfaCoverageDay>(day =>
        {
            day.ToTable("RecoveryMfaCoverage");
            day.HasKey(d => d.Day);
        });
        Dashboard.AuditDays.Map(builder);
        return builder;
    }
}
