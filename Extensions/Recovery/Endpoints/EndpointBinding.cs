using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdP.Recovery.Endpoints;

/// <summary>
/// Who is bound to an endpoint: an account or all of a role. Who is bound by using it, the host knows:
/// <see cref="Ports.IEndpointUse"/>.
/// </summary>
public sealed class EndpointBinding
{
    /// <summary>Longest <see cref="Target"/>.</summary>
    public const int MaxTargetLength = 256;

    /// <summary>The binding's id.</summary>
    public Guid Id { get; init; }

    /// <summary>To what.</summary>
    public Guid EndpointId { get; init; }

    /// <summary>Which account; null where it is a role.</summary>
    public string? AccountId { get; init; }

    /// <summary>Which role; null where it is an account.</summary>
    public string? Role { get; init; }

    /// <summary>What the service knows the account by, such as a distinguished name; null where it is looked up there.</summary>
    public string? Target { get; set; }

    /// <summary>When it began.</summary>
    public DateTimeOffset BoundAt { get; init; }
}

internal sealed class EndpointBindingConfiguration : IEntityTypeConfiguration<EndpointBinding>
{
    public void Configure(EntityTypeBuilder<EndpointBinding> builder)
    {
        builder.ToTable("RecoveryEndpointBindings");
        builder.Property(b => b.AccountId).HasMaxLength(RecoverableAccount.MaxIdLength);
        builder.Property(b => b.Role).HasMaxLength(256);
        builder.Property(b => b.Target).HasMaxLength(EndpointBinding.MaxTargetLength);
        builder.HasOne<ServiceEndpoint>().WithMany().HasForeignKey(b => b.EndpointId).OnDelete(DeleteBehavior.Cascade);
        builder.HasIndex(b => new { b.EndpointId, b.AccountId }).IsUnique();
        builder.HasIndex(b => new { b.EndpointId, b.Role }).IsUnique();
        builder.HasIndex(b => new { b.EndpointId, b.Target }).IsUnique();
        builder.HasIndex(b => b.AccountId);
        builder.HasIndex(b => b.Role);
    }
}
