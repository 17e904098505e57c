using IdP.Recovery.Console;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdP.Recovery.MfaReset;

/// <summary>An MFA reset of a privileged account that waits for a second administrator; a row of <c>RecoveryWaitingMfaResets</c>.</summary>
public sealed class WaitingMfaReset
{
    /// <summary>The id, which sorts by time.</summary>
    public Guid Id { get; init; }

    /// <summary>Whose MFA.</summary>
    public required string AccountId { get; init; }

    /// <summary>The account's security stamp when it was asked for: a change of a credential voids it.</summary>
    public required string SecurityStamp { get; init; }

    /// <summary>Who asked.</summary>
    public required string ActorId { get; init; }

    /// <summary>How that person had proved who they are.</summary>
    public string? Proof { get; init; }

    /// <summary>What is removed.</summary>
    public ResetFactors Factors { get; init; }

    /// <summary>Why.</summary>
    public required string Why { get; init; }

    /// <summary>When it was asked for.</summary>
    public DateTimeOffset RequestedAt { get; init; }

    /// <summary>The client's address.</summary>
    public string? Network { get; init; }

    /// <summary>The client's browser in words.</summary>
    public string? Browser { get; init; }

    /// <summary>Who approved or refused it; null while it waits, and where a later wish took its place.</summary>
    public string? DecidedBy { get; set; }

    /// <summary>When.</summary>
    public DateTimeOffset? DecidedAt { get; set; }

    // A person of the console gets no period, so the wish for one is not kept.
    internal MfaResetOrder Order => new(Factors, null, Why);

    /// <summary>Decides it, in the transaction under way; false when another decision was first.</summary>
    internal static async Task<bool> DecideAsync(
        UnitOfWork work,
        Guid id,
        string decidedBy,
        CancellationToken cancellationToken
    ) =>
        await work
            .Context.Set<WaitingMfaReset>()
            .Where(w => w.Id == id && w.DecidedAt == null)
            .ExecuteUpdateAsync(
                set => set.SetProperty(w => w.DecidedAt, work.Now).SetProperty(w => w.DecidedBy, decidedBy),
                cancellationToken
            ) == 1;

    internal static WaitingMfaReset Of(
        Actor actor,
        RecoverableAccount account,
        MfaResetOrder order,
        Requester requester,
        DateTimeOffset now
    ) =>
        new()
        {
            Id = Guid.CreateVersion7(now),
            AccountId = account.Id,
            SecurityStamp = account.SecurityStamp,
            ActorId = actor.Id,
            Proof = actor.Proof,
            Factors = order.Factors,
            Why = order.Why,
            RequestedAt = now,
            Network = requester.Network,
            Browser = requester.Browser,
        };
}

internal sealed class WaitingMfaResetConfiguration : IEntityTypeConfiguration<WaitingMfaReset>
{
    public void Configure(EntityTypeBuilder<WaitingMfaReset> builder)
    {
        builder.ToTable("RecoveryWaitingMfaResets");
        builder.Property(w => w.AccountId).HasMaxLength(RecoverableAccount.MaxIdLength);
        builder.Property(w => w.SecurityStamp).HasMaxLength(RecoverableAccount.MaxIdLength);
        builder.Property(w => w.ActorId).HasMaxLength(RecoverableAccount.MaxIdLength);
        builder.Property(w => w.Proof).HasMaxLength(64);
        builder.Property(w => w.Why).HasMaxLength(MfaResetOrder.MaxWhy);
        builder.Property(w => w.DecidedBy).HasMaxLength(RecoverableAccount.MaxIdLength);
        builder.Property(w => w.Network).HasMaxLength(Requester.MaxLength);
        builder.Property(w => w.Browser).HasMaxLength(Requester.MaxLength);
        builder.HasIndex(w => w.RequestedAt);
    }
}
