using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdentityProvider.Accounts;

internal sealed class AccountConfiguration : IEntityTypeConfiguration<Account>
{
    public void Configure(EntityTypeBuilder<Account> builder)
    {
        // One address names one account; Identity's own index does not say so.
        builder.HasIndex(a => a.NormalizedEmail).HasDatabaseName("EmailIndex").IsUnique();
        builder.Property(a => a.DisplayName).HasMaxLength(128);
        builder.Property(a => a.GivenName).HasMaxLength(64);
        builder.Property(a => a.FamilyName).HasMaxLength(64);
        builder.Property(a => a.MiddleName).HasMaxLength(64);
        builder.Property(a => a.Nickname).HasMaxLength(64);
        builder.Property(a => a.ProfileUrl).HasMaxLength(512);
        builder.Property(a => a.PictureUrl).HasMaxLength(512);
        builder.Property(a => a.Website).HasMaxLength(512);
        builder.Property(a => a.Gender).HasMaxLength(32);
        builder.Property(a => a.Birthdate).HasMaxLength(10);
        builder.Property(a => a.ZoneInfo).HasMaxLength(64);
        builder.Property(a => a.Locale).HasMaxLength(16);
        builder.Property(a => a.StreetAddress).HasMaxLength(256);
        builder.Property(a => a.Locality).HasMaxLength(128);
        builder.Property(a => a.Region).HasMaxLength(128);
        builder.Property(a => a.PostalCode).HasMaxLength(32);
        builder.Property(a => a.Country).HasMaxLength(64);

        // Made by the database from the names, so that no way of changing them can forget it.
        builder
            .Property(a => a.SearchName)
            .HasMaxLength(256)
            .HasComputedColumnSql("upper(\"DisplayName\")", stored: true);
        builder
            .Property(a => a.SearchFamilyName)
            .HasMaxLength(128)
            .HasComputedColumnSql("upper(\"FamilyName\")", stored: true);
        builder.HasIndex(a => new { a.SearchName, a.Id });
        builder.HasIndex(a => a.SearchFamilyName);
        builder.HasIndex(a => a.LockoutEnd).HasFilter("\"LockoutEnd\" IS NOT NULL");
        builder.HasIndex(a => a.SuspendedAt).HasFilter("\"SuspendedAt\" IS NOT NULL");
        builder.HasIndex(a => new { a.LastSignInAt, a.Id });
        builder.HasIndex(a => new { a.CreatedAt, a.Id });
    }
}
