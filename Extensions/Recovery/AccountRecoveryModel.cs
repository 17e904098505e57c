using IdP.Recovery.Audit;
using IdP.Recovery.PasswordReset;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery;

/// <summary>The tables of the plugin in the host's own model.</summary>
public static class AccountRecoveryModel
{
    private const int IdLength = 128;

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
            request.Property(r => r.TokenHash).HasMaxLength(Secrets.HashLength);
            request.HasIndex(r => r.TokenHash).IsUnique();
            request.HasIndex(r => r.AccountId);
            request.HasIndex(r => r.RequestedAt);
        });
        builder.Entity<PasswordChangeNotice>(notice =>
        {
            notice.ToTable("RecoveryPasswordChangeNotices");
            notice.Property(n => n.AccountId).HasMaxLength(IdLength);
            notice.Property(n => n.Network).HasMaxLength(RequestOrigin.MaxLength);
            notice.Property(n => n.Client).HasMaxLength(RequestOrigin.MaxLength);
            notice.Property(n => n.TokenHash).HasMaxLength(Secrets.HashLength);
            notice.HasIndex(n => n.TokenHash).IsUnique();
            notice.HasIndex(n => n.ExpiresAt);
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
        builder.Entity<RequestLimit>(limit =>
        {
            limit.ToTable("RecoveryLimits");
            limit.HasKey(l => l.Key);
            limit.Property(l => l.Key).HasMaxLength(Secrets.HashLength);
            limit.HasIndex(l => l.ExpiresAt);
        });
        builder.Entity<AuditEvent>(audited =>
        {
            audited.ToTable("RecoveryAuditEvents");
            audited.Property(e => e.Type).HasMaxLength(64);
            audited.Property(e => e.AccountId).HasMaxLength(IdLength);
            audited.Property(e => e.ActorId).HasMaxLength(IdLength);
            audited.Property(e => e.SubjectId).HasMaxLength(IdLength);
            audited.Property(e => e.Network).HasMaxLength(RequestOrigin.MaxLength);
            audited.Property(e => e.Client).HasMaxLength(RequestOrigin.MaxLength);
            audited.Property(e => e.Reason).HasMaxLength(32);
            audited.HasIndex(e => new { e.AccountId, e.At });
            audited.HasIndex(e => e.At);
        });
        return builder;
    }
}
