using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdP.Recovery.PasswordReset;

/// <summary>
/// A change of password that its owner is told of, with the link for 'this was not me'; a row of
/// <c>RecoveryPasswordChangeNotices</c>.
/// </summary>
public sealed class PasswordChangeNotice
{
    /// <summary>The notice's id, which sorts by time.</summary>
    public Guid Id { get; init; }

    /// <summary>Whose password was changed.</summary>
    public required string AccountId { get; init; }

    /// <summary>To which of the account's addresses it goes, normalized; null before it was written.</summary>
    public string? Address { get; set; }

    /// <summary>When.</summary>
    public DateTimeOffset ChangedAt { get; init; }

    /// <summary>From which address.</summary>
    public string? Network { get; init; }

    /// <summary>From which browser, in words.</summary>
    public string? Browser { get; init; }

    /// <summary>SHA-256 of the link's token.</summary>
    public byte[]? TokenHash { get; set; }

    /// <summary>The token, encrypted, only until the mail server has accepted the mail.</summary>
    public string? ProtectedToken { get; set; }

    /// <summary>When the link stops working.</summary>
    public DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When the mail server accepted the notice.</summary>
    public DateTimeOffset? SentAt { get; set; }

    /// <summary>When the owner said that it was somebody else.</summary>
    public DateTimeOffset? DisownedAt { get; set; }
}

internal sealed class PasswordChangeNoticeConfiguration : IEntityTypeConfiguration<PasswordChangeNotice>
{
    public void Configure(EntityTypeBuilder<PasswordChangeNotice> builder)
    {
        builder.ToTable("RecoveryPasswordChangeNotices");
        builder.Property(n => n.AccountId).HasMaxLength(RecoverableAccount.MaxIdLength);
        builder.Property(n => n.Address).HasMaxLength(EmailAddress.MaxLength);
        builder.Property(n => n.Network).HasMaxLength(Requester.MaxLength);
        builder.Property(n => n.Browser).HasMaxLength(Requester.MaxLength);
        builder.Property(n => n.TokenHash).HasMaxLength(Secrets.HashLength);
        builder.HasIndex(n => n.TokenHash).IsUnique();
        builder.HasIndex(n => n.ExpiresAt);
    }
}
