using IdP.Recovery.Console;
using IdP.Recovery.Enrollment;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdP.Recovery.MfaReset;

/// <summary>An MFA reset of many people; a row of <c>RecoveryMfaResetBatches</c>.</summary>
public sealed class MfaResetBatch
{
    /// <summary>The id, which sorts by time.</summary>
    public Guid Id { get; init; }

    /// <summary>Who runs it: who began it, or resumed it last.</summary>
    public required string ActorId { get; init; }

    /// <summary>The actor's roles of the console then, separated by spaces: what is left of them is checked for each person.</summary>
    public required string ActorRoles { get; init; }

    /// <summary>How the actor had proved who they are.</summary>
    public string? Proof { get; init; }

    /// <summary>What is removed.</summary>
    public ResetFactors Factors { get; init; }

    /// <summary>The shortest period, in days; null for none.</summary>
    public int? Days { get; init; }

    /// <summary>Over how many further days the deadlines are spread; 0 for not at all.</summary>
    public int SpreadDays { get; init; }

    /// <summary>Why.</summary>
    public required string Why { get; init; }

    /// <summary>The client's address.</summary>
    public string? Network { get; init; }

    /// <summary>The client's browser in words.</summary>
    public string? Browser { get; init; }

    /// <summary>When it began.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>How many people it has.</summary>
    public int Total { get; set; }

    /// <summary>When somebody stopped it; null while it runs.</summary>
    public DateTimeOffset? StoppedAt { get; set; }

    /// <summary>When the last person was done.</summary>
    public DateTimeOffset? EndedAt { get; set; }

    internal Actor Actor => new(ActorId, ActorRoles.Split(' ', StringSplitOptions.RemoveEmptyEntries), Proof);

    internal Requester Requester => new(Network, Browser);

    /// <summary>What is done to one person: the deadlines of a spread batch move on evenly with the place in it.</summary>
    internal MfaResetOrder OrderFor(int ordinal) => new(Factors, PeriodOf(ordinal), Why);

    internal EnrollmentPeriod? PeriodOf(int ordinal) => PeriodOf(Days, SpreadDays, ordinal, Total);

    internal static EnrollmentPeriod? PeriodOf(int? days, int spread, int ordinal, int total) =>
        days is { } least
            ? EnrollmentPeriod.Of(least + (int)((long)ordinal * (spread + 1) / Math.Max(total, 1)))
            : null;
}

/// <summary>One person of a batch; a row of <c>RecoveryMfaResetTargets</c>.</summary>
public sealed class MfaResetTarget
{
    /// <summary>The batch.</summary>
    public Guid BatchId { get; init; }

    /// <summary>The person.</summary>
    public required string AccountId { get; init; }

    /// <summary>The place in the batch, from 0.</summary>
    public int Ordinal { get; init; }

    /// <summary>What came of it; null while it waits.</summary>
    public MfaResetOutcome? Outcome { get; set; }

    /// <summary>When.</summary>
    public DateTimeOffset? DoneAt { get; set; }

    /// <summary>Until when the person may sign in without a factor.</summary>
    public DateTimeOffset? EnrollUntil { get; set; }
}

/// <summary>What came of one person of a batch.</summary>
public enum MfaResetOutcome
{
    /// <summary>The factors are gone.</summary>
    Reset,

    /// <summary>A second administrator must approve it.</summary>
    WaitsForApproval,

    /// <summary>It was the actor's own.</summary>
    Oneself,

    /// <summary>The actor may not manage that account.</summary>
    NotAllowed,

    /// <summary>It was the last administrator who could sign in.</summary>
    LastAdministrator,

    /// <summary>The account is not there any more.</summary>
    Gone,

    /// <summary>It could not be done, however often it was tried.</summary>
    Failed,
}

internal sealed class MfaResetBatchConfiguration : IEntityTypeConfiguration<MfaResetBatch>
{
    public void Configure(EntityTypeBuilder<MfaResetBatch> builder)
    {
        builder.ToTable("RecoveryMfaResetBatches");
        builder.Property(b => b.ActorId).HasMaxLength(RecoverableAccount.MaxIdLength);
        builder.Property(b => b.ActorRoles).HasMaxLength(128);
        builder.Property(b => b.Proof).HasMaxLength(64);
        builder.Property(b => b.Why).HasMaxLength(MfaResetOrder.MaxWhy);
        builder.Property(b => b.Network).HasMaxLength(Requester.MaxLength);
        builder.Property(b => b.Browser).HasMaxLength(Requester.MaxLength);
    }
}

internal sealed class MfaResetTargetConfiguration : IEntityTypeConfiguration<MfaResetTarget>
{
    public void Configure(EntityTypeBuilder<MfaResetTarget> builder)
    {
        builder.ToTable("RecoveryMfaResetTargets");
        builder.HasKey(t => new { t.BatchId, t.AccountId });
        builder.Property(t => t.AccountId).HasMaxLength(RecoverableAccount.MaxIdLength);
        builder.Property(t => t.Outcome).HasConversion<string>().HasMaxLength(24);
        builder.HasIndex(t => new
        {
            t.BatchId,
            t.Outcome,
            t.Ordinal,
        });
        builder.HasOne<MfaResetBatch>().WithMany().HasForeignKey(t => t.BatchId);
    }
}
