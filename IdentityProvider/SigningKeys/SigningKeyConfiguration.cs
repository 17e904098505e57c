using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdentityProvider.SigningKeys;

internal sealed class SigningKeyConfiguration : IEntityTypeConfiguration<SigningKey>
{
    public void Configure(EntityTypeBuilder<SigningKey> builder)
    {
        builder.ToTable("ProviderKeys");
        builder.Property(k => k.Id).HasMaxLength(32);
        builder.Property(k => k.Algorithm).HasMaxLength(16);
        builder.HasIndex(k => new { k.Algorithm, k.Generation }).IsUnique();
    }
}
