using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdentityProvider.OpenId.Logout;

internal sealed class LogoutNoticeConfiguration : IEntityTypeConfiguration<LogoutNotice>
{
    public void Configure(EntityTypeBuilder<LogoutNotice> builder)
    {
        builder.ToTable("LogoutNotices");
        builder.Property(n => n.AccountId).HasMaxLength(128);
        builder.Property(n => n.SessionId).HasMaxLength(64);
        builder.Property(n => n.ClientId).HasMaxLength(100);
        builder.Property(n => n.Answer).HasMaxLength(3);
        builder.HasIndex(n => n.EndedAt);
        builder.HasIndex(n => new { n.AccountId, n.ClientId });
    }
}
