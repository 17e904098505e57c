using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdP.Recovery.Factors.Totp;

/// <summary>One authenticator app of an account; a row of <c>RecoveryTotpAuthenticators</c>.</summary>
public sealed class TotpAuthenticator
{
    /// <summary>The authenticator's id, which sorts by time.</summary>
    public Guid Id { get; init; }

    /// <summary>Whose it is.</summary>
    public required string AccountId { get; init; }

    /// <summary>What its owner calls it, at most 64 characters; empty until it is confirmed.</summary>
    public string Name { get; set; } = "";

    /// <summary>The key of 160 bits, encrypted.</summary>
    public required string ProtectedKey { get; set; }

    /// <summary>The hash of its codes.</summary>
    public TotpAlgorithm Algorithm { get; init; }

    /// <summary>How long its codes are: 6 or 8.</summary>
    public int Digits { get; init; }

    /// <summary>When its key was made.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>When a code of it was first shown; before that it proves nothing.</summary>
    public DateTimeOffset? ConfirmedAt { get; set; }

    /// <summary>Whether a rotation made it: until it is confirmed the console stays closed.</summary>
    public bool Required { get; init; }

    /// <summary>The newest time step (RFC 6238, 4.2) of which a code was taken; no such step or older one is taken again.</summary>
    public long LastStep { get; set; }

    /// <summary>When a code of it was last taken.</summary>
    public DateTimeOffset? LastUsedAt { get; set; }
}

/// <summary>The hash of a one-time code (RFC 6238, 1.2).</summary>
public enum TotpAlgorithm
{
    /// <summary>HMAC-SHA-1, which every authenticator app takes.</summary>
    Sha1,

    /// <summary>HMAC-SHA-256.</summary>
    Sha256,
}

internal sealed class TotpAuthenticatorConfiguration : IEntityTypeConfiguration<TotpAuthenticator>
{
    public void Configure(EntityTypeBuilder<TotpAuthenticator> builder)
    {
        builder.ToTable("RecoveryTotpAuthenticators");
        builder.Property(t => t.AccountId).HasMaxLength(RecoverableAccount.MaxIdLength);
        builder.Property(t => t.Name).HasMaxLength(64);
        builder.Property(t => t.Algorithm).HasConversion<string>().HasMaxLength(8);
        builder.HasIndex(t => t.AccountId);
        builder.HasIndex(t => t.Required).HasFilter("\"Required\"");
    }
}
