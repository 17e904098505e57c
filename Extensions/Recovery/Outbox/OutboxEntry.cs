using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdP.Recovery;

/// <summary>A piece of work that must not be lost; a row of <c>RecoveryOutbox</c>.</summary>
public sealed class OutboxEntry
{
    /// <summary>The entry's id, which sorts by time; the only thing a job carries.</summary>
    public Guid Id { get; init; }

    /// <summary>Which handler runs it.</summary>
    public required string Kind { get; init; }

    /// <summary>The id of what it is about.</summary>
    public required string Subject { get; init; }

    /// <summary>Which further address it tells, as <see cref="RecoveryAddress"/>; null for the account's own.</summary>
    public Guid? AddressId { get; init; }

    /// <summary>When entries for the further addresses were added, which happens once.</summary>
    public DateTimeOffset? SpreadAt { get; set; }

    /// <summary>When its cause happened; of work that was put off, until when.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Not before this time; moved on by each failure, and ahead while a worker holds it.</summary>
    public DateTimeOffset DueAt { get; set; }

    /// <summary>Which process has it in hand, until <see cref="DueAt"/>; null for none.</summary>
    public Guid? HeldBy { get; set; }

    /// <summary>How many times it was begun.</summary>
    public int Attempts { get; set; }

    /// <summary>When it succeeded.</summary>
    public DateTimeOffset? DoneAt { get; set; }

    /// <summary>When it was given up on; an administrator may start it again.</summary>
    public DateTimeOffset? GivenUpAt { get; set; }

    /// <summary>When an administrator last started it again after it was given up; how long it is tried counts from here.</summary>
    public DateTimeOffset? RetriedAt { get; set; }

    /// <summary>What went wrong last, as a kind of error without addresses or secrets.</summary>
    public string? LastError { get; set; }
}

internal sealed class OutboxEntryConfiguration : IEntityTypeConfiguration<OutboxEntry>
{
    public void Configure(EntityTypeBuilder<OutboxEntry> builder)
    {
        builder.ToTable("RecoveryOutbox");
        builder.Property(e => e.Kind).HasMaxLength(64);
        builder.Property(e => e.Subject).HasMaxLength(2 * RecoverableAccount.MaxIdLength);
        builder.Property(e => e.LastError).HasMaxLength(RecoverableAccount.MaxIdLength);
        builder.HasIndex(e => new
        {
            e.DoneAt,
            e.GivenUpAt,
            e.DueAt,
        });
    }
}
