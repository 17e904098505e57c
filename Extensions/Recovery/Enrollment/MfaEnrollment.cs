using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdP.Recovery.Enrollment;

/// <summary>
/// The enrollment period of an account, a row of <c>RecoveryEnrollments</c>. It stays when the person has enrolled, so
/// that nobody gets a second period from the policy by removing a factor.
/// </summary>
public sealed class MfaEnrollment
{
    /// <summary>Whose.</summary>
    public required string AccountId { get; init; }

    /// <summary>When it began.</summary>
    public DateTimeOffset StartedAt { get; set; }

    /// <summary>When it ends, whatever any job does.</summary>
    public DateTimeOffset EndsAt { get; set; }

    /// <summary>Why there is one.</summary>
    public EnrollmentCause Cause { get; set; }

    /// <summary>When a second factor was enrolled; null while the period counts.</summary>
    public DateTimeOffset? EnrolledAt { get; set; }

    /// <summary>When a job has something to say next: a reminder, or that it has ended; null when all is said.</summary>
    public DateTimeOffset? NextNoticeAt { get; set; }
}

/// <summary>Why an enrollment period began.</summary>
public enum EnrollmentCause
{
    /// <summary>The policy took hold of the account.</summary>
    Policy,

    /// <summary>An administrator reset the account's MFA.</summary>
    MfaReset,

    /// <summary>An administrator began or extended a period.</summary>
    Administrator,
}

/// <summary>A period that counts, as an account carries it.</summary>
/// <param name="EndsAt">When it ends.</param>
/// <param name="Cause">Why there is one.</param>
public sealed record OpenEnrollment(DateTimeOffset EndsAt, EnrollmentCause Cause);

internal sealed class MfaEnrollmentConfiguration : IEntityTypeConfiguration<MfaEnrollment>
{
    public void Configure(EntityTypeBuilder<MfaEnrollment> builder)
    {
        builder.ToTable("RecoveryEnrollments");
        builder.HasKey(e => e.AccountId);
        builder.Property(e => e.AccountId).HasMaxLength(RecoverableAccount.MaxIdLength);
        builder.Property(e => e.Cause).HasConversion<string>().HasMaxLength(16);
        builder.HasIndex(e => e.NextNoticeAt);
        builder.HasIndex(e => new { e.EnrolledAt, e.EndsAt });
    }
}
