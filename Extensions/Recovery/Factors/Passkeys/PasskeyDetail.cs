using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdP.Recovery.Factors.Passkeys;

/// <summary>
/// What ASP.NET Core Identity's own row of a passkey has no place for. It goes with that row; a passkey that Identity made
/// itself has none before it is used.
/// </summary>
public sealed class PasskeyDetail
{
    /// <summary>Length of a user handle, in bytes: the longest that there is (WebAuthn 5.4.3).</summary>
    public const int UserHandleLength = 64;

    /// <summary>Whose detail it is.</summary>
    public required byte[] CredentialId { get; set; }

    /// <summary>
    /// Whom the authenticator knows the owner as: random, so that it tells nobody who that is. Null for a passkey that
    /// Identity made, whose handle is the account's id.
    /// </summary>
    public byte[]? UserHandle { get; set; }

    /// <summary>The authenticator's model, as it says itself; null where that is not known.</summary>
    public Guid? Aaguid { get; set; }

    /// <summary>When it was last used rightly; null before that.</summary>
    public DateTimeOffset? LastUsedAt { get; set; }
}

internal static class PasskeyDetailTable
{
    /// <summary>Only where Identity keeps passkeys, which it does from its schema version 3 on.</summary>
    /// <param name="passkey">The host's type of Identity's row.</param>
    public static void Map(EntityTypeBuilder<PasskeyDetail> builder, Type passkey)
    {
        builder.ToTable("RecoveryPasskeyDetails");
        builder.HasKey(d => d.CredentialId);
        builder.Property(d => d.CredentialId).ValueGeneratedNever();
        builder.Property(d => d.UserHandle).HasMaxLength(PasskeyDetail.UserHandleLength);
        builder
            .HasOne(passkey, navigationName: null)
            .WithOne()
            .HasForeignKey(typeof(PasskeyDetail), nameof(PasskeyDetail.CredentialId))
            .OnDelete(DeleteBehavior.Cascade);
    }
}
