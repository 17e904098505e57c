using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdP.Recovery.Endpoints;

/// <summary>The record of one change reaching one endpoint; a row of <c>RecoveryReceipts</c>.</summary>
public sealed class Receipt
{
    /// <summary>Longest <see cref="Detail"/>.</summary>
    public const int MaxDetailLength = 128;

    /// <summary>The receipt's id, which sorts by time, and by which the endpoint may know a delivery that comes twice.</summary>
    public Guid Id { get; init; }

    /// <summary>Where it goes; of an endpoint that was removed since, the receipts stay.</summary>
    public Guid EndpointId { get; init; }

    /// <summary>What the endpoint was called then.</summary>
    public required string EndpointName { get; init; }

    /// <summary>Whose change it is.</summary>
    public required string AccountId { get; init; }

    /// <summary>What happened.</summary>
    public CredentialChanges Change { get; init; }

    /// <summary>The audit event of the change.</summary>
    public Guid CauseId { get; init; }

    /// <summary>When it happened.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>How far it has come.</summary>
    public ReceiptState State { get; set; }

    /// <summary>
    /// The new password, encrypted, while a target needs it and <see cref="PasswordUntil"/> is not over. Security: threat
    /// 17. It is in this row and nowhere else.
    /// </summary>
    public string? ProtectedPassword { get; set; }

    /// <summary>Until when the password is kept.</summary>
    public DateTimeOffset? PasswordUntil { get; set; }

    /// <summary>Until when a worker has it in hand.</summary>
    public DateTimeOffset? HeldUntil { get; set; }

    /// <summary>When it was last tried.</summary>
    public DateTimeOffset? TriedAt { get; set; }

    /// <summary>When it reached its end.</summary>
    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>Why it has not reached the endpoint yet, or never did.</summary>
    public DeliveryFlaw? Flaw { get; set; }

    /// <summary>What the endpoint said, as a status or a short word; never anything of the account.</summary>
    public string? Detail { get; set; }

    /// <summary>When the person was told that it failed or waits.</summary>
    public DateTimeOffset? ToldAt { get; set; }
}

/// <summary>How far a change has come on its way to an endpoint.</summary>
public enum ReceiptState
{
    /// <summary>On its way.</summary>
    Pending,

    /// <summary>The time in which the new password may be kept is over; the person's next sign-in delivers it.</summary>
    WaitsForSignIn,

    /// <summary>The endpoint has taken it; whether it acts on it, it does not tell.</summary>
    Sent,

    /// <summary>The endpoint has taken it, and a look at it shows so.</summary>
    Applied,

    /// <summary>It did not reach the endpoint.</summary>
    Failed,

    /// <summary>A newer password has taken its place.</summary>
    Superseded,
}

internal sealed class ReceiptConfiguration : IEntityTypeConfiguration<Receipt>
{
    public void Configure(EntityTypeBuilder<Receipt> builder)
    {
        builder.ToTable("RecoveryReceipts");
        builder.Property(r => r.EndpointName).HasMaxLength(ServiceEndpoint.MaxNameLength);
        builder.Property(r => r.AccountId).HasMaxLength(RecoverableAccount.MaxIdLength);
        builder.Property(r => r.Detail).HasMaxLength(Receipt.MaxDetailLength);
        builder.HasIndex(r => new { r.AccountId, r.Id });
        builder.HasIndex(r => new
        {
            r.EndpointId,
            r.State,
            r.Id,
        });
        builder.HasIndex(r => new { r.CauseId, r.EndpointId }).IsUnique();
        builder.HasIndex(r => r.CreatedAt);
        builder.HasIndex(r => r.PasswordUntil);
    }
}
