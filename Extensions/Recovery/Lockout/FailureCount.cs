using IdP.Recovery.Factors;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdP.Recovery.Lockout;

/// <summary>
/// A row of <c>RecoveryFailureCounts</c>: how often one factor of an account has failed in a known browser, or in all
/// others together.
/// </summary>
public sealed class FailureCount
{
    /// <summary>The account, or the fingerprint of an address that no account has.</summary>
    public required string AccountId { get; init; }

    /// <summary>The factor.</summary>
    public FactorKind Factor { get; init; }

    /// <summary>The known browser; empty for all others together.</summary>
    public string Browser { get; init; } = "";

    /// <summary>Tries at sign-in since the last lock or success.</summary>
    public int Tries { get; set; }

    /// <summary>Failures since the last success, at sign-in and in recoveries.</summary>
    public int Failures { get; set; }

    /// <summary>Locks since the last success, or since a day without one; each is twice as long as the one before.</summary>
    public int Locks { get; set; }

    /// <summary>When the last lock began; null since a success.</summary>
    public DateTimeOffset? LastLockedAt { get; set; }

    /// <summary>Until when sign-in is closed; for an address that no account has, at first when it was first tried.</summary>
    public DateTimeOffset? LockedUntil { get; set; }
}

internal sealed class FailureCountConfiguration : IEntityTypeConfiguration<FailureCount>
{
    public void Configure(EntityTypeBuilder<FailureCount> builder)
    {
        builder.ToTable("RecoveryFailureCounts");
        builder.HasKey(c => new
        {
            c.AccountId,
            c.Factor,
            c.Browser,
        });
        builder.Property(c => c.Browser).HasMaxLength(32);
        builder.Property(c => c.AccountId).HasMaxLength(RecoverableAccount.MaxIdLength);
        builder.Property(c => c.Factor).HasConversion<string>().HasMaxLength(16);
        builder.HasIndex(c => c.LockedUntil);
    }
}
