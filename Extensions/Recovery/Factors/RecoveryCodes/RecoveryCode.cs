using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdP.Recovery.Factors.RecoveryCodes;

/// <summary>One saved recovery code (SP 800-63B-4, 4.2.1.1); a row of <c>RecoveryCodes</c>.</summary>
public sealed class RecoveryCode
{
    /// <summary>The code's id, which sorts by time.</summary>
    public Guid Id { get; init; }

    /// <summary>Whose it is.</summary>
    public required string AccountId { get; init; }

    /// <summary>SHA-256 of the code's 120 bits.</summary>
    public required byte[] CodeHash { get; init; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was used, which it can be once.</summary>
    public DateTimeOffset? UsedAt { get; set; }
}

internal sealed class RecoveryCodeConfiguration : IEntityTypeConfiguration<RecoveryCode>
{
    public void Configure(EntityTypeBuilder<RecoveryCode> builder)
    {
        builder.ToTable("RecoveryCodes");
        builder.Property(c => c.AccountId).HasMaxLength(RecoverableAccount.MaxIdLength);
        builder.Property(c => c.CodeHash).HasMaxLength(Secrets.HashLength);
        builder.HasIndex(c => c.CodeHash).IsUnique();
        builder.HasIndex(c => c.AccountId);
    }
}
