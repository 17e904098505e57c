using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdP.Recovery.PasswordReset;

/// <summary>One asking for a new password; a row of <c>RecoveryPasswordResetRequests</c>. Its state is derived.</summary>
public sealed class ResetRequest
{
    /// <summary>The request's id, which sorts by time.</summary>
    public Guid Id { get; init; }

    /// <summary>The address it was asked for, normalised; whether an account has it is not known yet.</summary>
    public required string Address { get; init; }

    /// <summary>Under which portal's link it was asked for.</summary>
    public Audience Audience { get; init; }

    /// <summary>What it is for, which changes the words and the lifetime.</summary>
    public PasswordResetPurpose Purpose { get; init; }

    /// <summary>When it was asked for.</summary>
    public DateTimeOffset RequestedAt { get; init; }

    /// <summary>From which address.</summary>
    public string? Network { get; init; }

    /// <summary>From which browser, in words.</summary>
    public string? Browser { get; init; }

    /// <summary>The account found when the mail was prepared.</summary>
    public string? AccountId { get; set; }

    /// <summary>The account's security stamp then: a change of any credential since makes the link void.</summary>
    public string? SecurityStamp { get; set; }

    /// <summary>SHA-256 of the token.</summary>
    public byte[]? TokenHash { get; set; }

    /// <summary>The token, encrypted, only until the mail server has accepted the mail.</summary>
    public string? ProtectedToken { get; set; }

    /// <summary>When the link stops working.</summary>
    public DateTimeOffset? ExpiresAt { get; set; }

    /// <summary>When the mail server accepted the mail.</summary>
    public DateTimeOffset? SentAt { get; set; }

    /// <summary>When the link was first opened in a browser that keeps cookies.</summary>
    public DateTimeOffset? OpenedAt { get; set; }

    /// <summary>When a second factor was proved for this very request.</summary>
    public DateTimeOffset? ProvedAt { get; set; }

    /// <summary>Proofs of a second factor that were tried for it.</summary>
    public int Proofs { get; set; }

    /// <summary>Since when it waits for another administrator's approval; null where none is asked for.</summary>
    public DateTimeOffset? HeldAt { get; set; }

    /// <summary>When another administrator let it go on.</summary>
    public DateTimeOffset? ApprovedAt { get; set; }

    /// <summary>Who let it go on.</summary>
    public string? ApprovedBy { get; set; }

    /// <summary>When it set a password.</summary>
    public DateTimeOffset? RedeemedAt { get; set; }

    /// <summary>When another administrator stopped it after it had set a password.</summary>
    public DateTimeOffset? StoppedAt { get; set; }

    /// <summary>When it was made worthless by a newer request, a limit of proofs or a change.</summary>
    public DateTimeOffset? VoidedAt { get; set; }

    internal Requester Requester => new(Network, Browser);

    /// <summary>Adds a new one to the transaction under way; its audit event is the caller's.</summary>
    /// <param name="mailed">Whether its link is mailed; else it is handed over.</param>
    internal static ResetRequest Begin(
        UnitOfWork work,
        string address,
        Audience audience,
        Requester requester,
        PasswordResetPurpose purpose = PasswordResetPurpose.Reset,
        bool mailed = true
    )
    {
        var request = new ResetRequest
        {
            Id = Guid.CreateVersion7(work.Now),
            Address = address,
            Audience = audience,
            Purpose = purpose,
            RequestedAt = work.Now,
            Network = requester.Network,
            Browser = requester.Browser,
        };
        work.Context.Add(request);
        if (mailed)
        {
            work.Enqueue(SendPasswordReset.Kind, request.Id.ToString());
        }

        return request;
    }

    internal bool IsUsable(DateTimeOffset now) =>
        TokenHash is not null && RedeemedAt is null && VoidedAt is null && ExpiresAt > now;
}

/// <summary>What a reset link is for.</summary>
public enum PasswordResetPurpose
{
    /// <summary>A password was forgotten.</summary>
    Reset,

    /// <summary>A new account gets its first password.</summary>
    SetUp,

    /// <summary>An administrator who can prove nothing gets back in, by someone with access to the host's command line.</summary>
    BreakGlass,
}

internal sealed class ResetRequestConfiguration : IEntityTypeConfiguration<ResetRequest>
{
    public void Configure(EntityTypeBuilder<ResetRequest> builder)
    {
        builder.ToTable("RecoveryPasswordResetRequests");
        builder.Property(r => r.Address).HasMaxLength(EmailAddress.MaxLength);
        builder.Property(r => r.Audience).HasConversion<string>().HasMaxLength(16);
        builder.Property(r => r.Purpose).HasConversion<string>().HasMaxLength(16);
        builder.Property(r => r.Network).HasMaxLength(Requester.MaxLength);
        builder.Property(r => r.Browser).HasMaxLength(Requester.MaxLength);
        builder.Property(r => r.AccountId).HasMaxLength(RecoverableAccount.MaxIdLength);
        builder.Property(r => r.SecurityStamp).HasMaxLength(RecoverableAccount.MaxIdLength);
        builder.Property(r => r.ApprovedBy).HasMaxLength(RecoverableAccount.MaxIdLength);
        builder.Property(r => r.TokenHash).HasMaxLength(Secrets.HashLength);
        builder.HasIndex(r => r.TokenHash).IsUnique();
        builder.HasIndex(r => r.AccountId);
        builder.HasIndex(r => r.RequestedAt);
    }
}
