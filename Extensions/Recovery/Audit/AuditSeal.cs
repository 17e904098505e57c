using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdP.Recovery.Audit;

/// <summary>An event's place in the chain; a row of <c>RecoveryAuditSeals</c>, never changed.</summary>
public sealed class AuditSeal
{
    /// <summary>The place, from 1 on and without gaps.</summary>
    public long Sequence { get; init; }

    /// <summary>The event. No foreign key: an event that somebody removes must leave its seal behind.</summary>
    public Guid EventId { get; init; }

    /// <summary>SHA-256 over the hash of the place before, and the event.</summary>
    public required byte[] Hash { get; init; }
}

/// <summary>
/// An event that waits for its seal: a row of <c>RecoveryAuditUnsealed</c>, written with the event. Were events sealed
/// by the order of their ids, one that is committed late would be passed by.
/// </summary>
internal sealed class UnsealedEvent
{
    public Guid EventId { get; init; }
}

/// <summary>Both ends of the chain: the one row of <c>RecoveryAuditChain</c>, which one sealer at a time holds.</summary>
internal sealed class AuditChain
{
    public const int OnlyId = 1;

    public int Id { get; init; }

    /// <summary>The last place that is taken.</summary>
    public long Sequence { get; init; }

    public required byte[] Hash { get; init; }

    /// <summary>The last place that retention removed; 0 while nothing was.</summary>
    public long AnchorSequence { get; init; }

    public required byte[] AnchorHash { get; init; }

    public static AuditChain Empty { get; } =
        new()
        {
            Id = OnlyId,
            Hash = new byte[AuditHash.Length],
            AnchorHash = new byte[AuditHash.Length],
        };
}

/// <summary>A place of the chain and what was sealed there, to be kept where the database's owner cannot change it.</summary>
/// <param name="Sequence">The place; 0 before the first.</param>
/// <param name="Hash">Its hash, as 64 hexadecimal digits.</param>
public sealed record AuditMark(long Sequence, string Hash)
{
    internal static AuditMark Of(long sequence, byte[] hash) => new(sequence, Convert.ToHexStringLower(hash));

    /// <summary>Reads what <see cref="ToString"/> wrote; null when it is something else.</summary>
    /// <param name="text">Such as <c>1207:9f86d081…</c>.</param>
    public static AuditMark? Parse(string? text) =>
        text?.Split(':') is [var place, { Length: 2 * AuditHash.Length } hash]
        && long.TryParse(place, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
        && hash.All(char.IsAsciiHexDigit)
            ? new(sequence, hash.ToLowerInvariant())
            : null;

    /// <inheritdoc />
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Sequence}:{Hash}");
}

internal sealed class UnsealedEventConfiguration : IEntityTypeConfiguration<UnsealedEvent>
{
    public void Configure(EntityTypeBuilder<UnsealedEvent> builder)
    {
        builder.ToTable("RecoveryAuditUnsealed");
        builder.HasKey(u => u.EventId);
        builder.Property(u => u.EventId).ValueGeneratedNever();
    }
}

internal sealed class AuditSealConfiguration : IEntityTypeConfiguration<AuditSeal>
{
    public void Configure(EntityTypeBuilder<AuditSeal> builder)
    {
        builder.ToTable("RecoveryAuditSeals");
        builder.HasKey(s => s.Sequence);
        builder.Property(s => s.Sequence).ValueGeneratedNever();
        builder.Property(s => s.Hash).HasMaxLength(AuditHash.Length);
        builder.HasIndex(s => s.EventId).IsUnique();
    }
}

internal sealed class AuditChainConfiguration : IEntityTypeConfiguration<AuditChain>
{
    public void Configure(EntityTypeBuilder<AuditChain> builder)
    {
        builder.ToTable("RecoveryAuditChain");
        builder.Property(c => c.Id).ValueGeneratedNever();
        builder.Property(c => c.Hash).HasMaxLength(AuditHash.Length);
        builder.Property(c => c.AnchorHash).HasMaxLength(AuditHash.Length);
        builder.HasData(AuditChain.Empty);
    }
}
