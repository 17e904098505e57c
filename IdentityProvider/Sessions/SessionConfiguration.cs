using IdentityProvider.Accounts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdentityProvider.Sessions;

internal sealed class SessionConfiguration : IEntityTypeConfiguration<Session>
{
    public void Configure(EntityTypeBuilder<Session> builder)
    {
        builder.ToTable("Sessions");
        builder.Property(s => s.Id).HasMaxLength(64);
        builder.Property(s => s.KeyHash).HasMaxLength(32);
        builder.Property(s => s.SecurityStamp).HasMaxLength(128);
        builder.Property(s => s.Network).HasMaxLength(64);
        builder.Property(s => s.Browser).HasMaxLength(64);
        builder.HasIndex(s => s.KeyHash).IsUnique();
        builder.HasIndex(s => s.AccountId);
        builder.HasIndex(s => s.ExpiresAt);
        builder.HasOne<Account>().WithMany().HasForeignKey(s => s.AccountId).OnDelete(DeleteBehavior.Cascade);
        builder.OwnsMany(
            s => s.Clients,
            client =>
            {
                client.ToTable("SessionClients");
                client.WithOwner().HasForeignKey(c => c.SessionId);
                client.HasKey(c => new { c.SessionId, c.ClientId });
                client.Property(c => c.ClientId).HasMaxLength(100);
            }
        );
    }
}
