using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdP.Recovery;

/// <summary>
/// An address of an account beside its own, primary one; a row of <c>RecoveryAddresses</c>. It counts only once its own
/// code has come back (SP 800-63B-4, 4.2.3), and stays after its end for as long as somebody must be told of it.
/// </summary>
public sealed class RecoveryAddress
{
    /// <summary>Digits of a code.</summary>
    public const int CodeLength = 6;

    /// <summary>How many codes are looked at before the sent one is void.</summary>
    internal const int MaxTries = 5;

    /// <summary>The address's id, which sorts by time.</summary>
    public Guid Id { get; init; }

    /// <summary>Whose it is to be.</summary>
    public required string AccountId { get; init; }

    /// <summary>Which of the account's places it takes, from 1; null when it takes none any more. Unique in an account.</summary>
    public int? Place { get; set; }

    /// <summary>As entered.</summary>
    public required string Address { get; init; }

    /// <summary>In the form of <see cref="EmailAddress.Normalize"/>.</summary>
    public required string Normalized { get; init; }

    /// <summary><see cref="Normalized"/> while it counts, null before and after. Unique: one address names one account.</summary>
    public string? Confirmed { get; set; }

    /// <summary>When its code came back; null while it does not count.</summary>
    public DateTimeOffset? ConfirmedAt { get; set; }

    /// <summary>When it stopped counting.</summary>
    public DateTimeOffset? RemovedAt { get; set; }

    /// <summary>When it was added.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the last code was asked for.</summary>
    public DateTimeOffset AskedAt { get; set; }

    /// <summary>From which address it was asked for.</summary>
    public string? Network { get; set; }

    /// <summary>From which browser, in words.</summary>
    public string? Browser { get; set; }

    /// <summary>How many codes were asked for; only the last one counts.</summary>
    public int CodeNumber { get; set; }

    /// <summary>
    /// The code, encrypted: a hash of six digits would be read by trying them all. Null before the mail was written and
    /// where the address is somebody else's.
    /// </summary>
    public string? ProtectedCode { get; set; }

    /// <summary>When the code stops working; null before the mail was written.</summary>
    public DateTimeOffset? CodeExpiresAt { get; set; }

    /// <summary>When the mail server accepted the mail.</summary>
    public DateTimeOffset? CodeSentAt { get; set; }

    /// <summary>How many codes were tried since the last one was asked for.</summary>
    public int Tries { get; set; }

    internal Requester Requester => new(Network, Browser);
}

internal sealed class RecoveryAddressConfiguration : IEntityTypeConfiguration<RecoveryAddress>
{
    public void Configure(EntityTypeBuilder<RecoveryAddress> builder)
    {
        builder.ToTable("RecoveryAddresses");
        builder.Property(a => a.AccountId).HasMaxLength(RecoverableAccount.MaxIdLength);
        builder.Property(a => a.Address).HasMaxLength(EmailAddress.MaxLength);
        builder.Property(a => a.Normalized).HasMaxLength(EmailAddress.MaxLength);
        builder.Property(a => a.Confirmed).HasMaxLength(EmailAddress.MaxLength);
        builder.Property(a => a.Network).HasMaxLength(Requester.MaxLength);
        builder.Property(a => a.Browser).HasMaxLength(Requester.MaxLength);

        // Both databases let any number of rows have none.
        builder.HasIndex(a => a.Confirmed).IsUnique();
        builder.HasIndex(a => new { a.AccountId, a.Place }).IsUnique();
    }
}
