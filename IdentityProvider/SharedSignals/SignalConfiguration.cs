using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdentityProvider.SharedSignals;

internal sealed class SignalConfiguration
    : IEntityTypeConfiguration<SignalStream>,
        IEntityTypeConfiguration<SignalExclusion>,
        IEntityTypeConfiguration<SignalEvent>
{
    public void Configure(EntityTypeBuilder<SignalStream> builder)
    {
        builder.ToTable("SignalStreams");
        builder.Property(s => s.Id).HasMaxLength(32);
        builder.Property(s => s.ClientId).HasMaxLength(100);
        builder.Property(s => s.Delivery).HasConversion<string>().HasMaxLength(16);
        builder.Property(s => s.EndpointUrl).HasMaxLength(StreamWish.EndpointLength);
        builder.Property(s => s.Description).HasMaxLength(StreamWish.DescriptionLength);
        builder.Property(s => s.Status).HasConversion<string>().HasMaxLength(16);
        builder.Property(s => s.StatusReason).HasMaxLength(StreamWish.DescriptionLength);
        builder.HasIndex(s => s.ClientId).IsUnique();
    }

    public void Configure(EntityTypeBuilder<SignalExclusion> builder)
    {
        builder.ToTable("SignalExclusions");
        builder.HasKey(e => new { e.StreamId, e.Subject });
        builder.Property(e => e.StreamId).HasMaxLength(32);
        builder.Property(e => e.Subject).HasMaxLength(64);
        builder.HasOne<SignalStream>().WithMany().HasForeignKey(e => e.StreamId);
        builder.HasIndex(e => e.Subject);
    }

    public void Configure(EntityTypeBuilder<SignalEvent> builder)
    {
        builder.ToTable("SignalEvents");
        builder.Property(e => e.StreamId).HasMaxLength(32);
        builder.Property(e => e.EventType).HasMaxLength(128);
        builder.Property(e => e.Error).HasMaxLength(SignalFailures.ErrorLength);
        builder.Property(e => e.ErrorDescription).HasMaxLength(SignalFailures.DescriptionLength);
        builder.HasOne<SignalStream>().WithMany().HasForeignKey(e => e.StreamId);

        // One cause makes one event of a type for a stream, however often its job is run.
        builder
            .HasIndex(e => new
            {
                e.StreamId,
                e.CauseId,
                e.EventType,
            })
            .IsUnique();
        builder.HasIndex(e => new { e.StreamId, e.EndedAt });
        builder.HasIndex(e => e.IssuedAt);
    }
}
