using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Audit;

internal static class AuditModel
{
    public const int IdLength = 128;

    /// <summary>SQL's <c>lower</c>, which both databases have; the analyzer forbids <c>ToLower</c> itself.</summary>
    public static string? Lower(string? text) =>
        throw new NotSupportedException($"Only a database can do this to '{text}'.");

    public static void Add(ModelBuilder builder)
    {
        builder.HasDbFunction(typeof(AuditModel).GetMethod(nameof(Lower))!).HasName("lower").IsBuiltIn();
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
            audited.Property(e => e.Proof).HasMaxLength(64);
            audited.Property(e => e.Why).HasMaxLength(500);
            audited.HasIndex(e => new { e.AccountId, e.At });
            audited.HasIndex(e => e.At);
            audited.HasIndex(e => new { e.ActorId, e.Id });
            audited.HasIndex(e => new { e.Type, e.Id });
            audited.HasIndex(e => new { e.Type, e.At });
        });
        builder.Entity<UnsealedEvent>(unsealed =>
        {
            unsealed.ToTable("RecoveryAuditUnsealed");
            unsealed.HasKey(u => u.EventId);
            unsealed.Property(u => u.EventId).ValueGeneratedNever();
        });
        builder.Entity<AuditSeal>(seal =>
        {
            seal.ToTable("RecoveryAuditSeals");
            seal.HasKey(s => s.Sequence);
            seal.Property(s => s.Sequence).ValueGeneratedNever();
            seal.Property(s => s.Hash).HasMaxLength(AuditHash.Length);
            seal.HasIndex(s => s.EventId).IsUnique();
        });
        builder.Entity<AuditChain>(chain =>
        {
            chain.ToTable("RecoveryAuditChain");
            chain.Property(c => c.Id).ValueGeneratedNever();
            chain.Property(c => c.Hash).HasMaxLength(AuditHash.Length);
            chain.Property(c => c.AnchorHash).HasMaxLength(AuditHash.Length);
            chain.HasData(AuditChain.Empty);
        });
    }
}
