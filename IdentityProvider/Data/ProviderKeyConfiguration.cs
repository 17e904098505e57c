using IdentityProvider.Keys;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdentityProvider.Data;

internal sealed class ProviderKeyConfiguration : IEntityTypeConfiguration<ProviderKey>
{
    public void Configure(EntityTypeBuilder<ProviderKey> builder)
    {
        builder.ToTable("ProviderKeys");
        builder.Property(k => k.Id).HasMaxLength(32);
        builder.Property(k => k.Algorithm).HasMaxLength(16);
        builder.HasIndex(k => new { k.Algorithm, k.Generation }).IsUnique();
    }
}
