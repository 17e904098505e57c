using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdP.Recovery.Endpoints;

/// <summary>A service that must follow what happens to the credentials of the people bound to it.</summary>
public sealed class ServiceEndpoint
{
    /// <summary>Longest name.</summary>
    public const int MaxNameLength = 100;

    /// <summary>The endpoint's id.</summary>
    public Guid Id { get; init; }

    /// <summary>What people call it; no two have the same.</summary>
    public required string Name { get; set; }

    /// <summary>Which connector speaks to it: see <see cref="IEndpointConnector.Kind"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>What the host itself knows it by, such as an application's id; null for what an administrator has made.</summary>
    public string? Reference { get; init; }

    /// <summary>The changes that it is told of.</summary>
    public CredentialChanges Follows { get; set; }

    /// <summary>Its settings as a JSON object of texts, without the secret ones.</summary>
    public required string Settings { get; set; }

    /// <summary>Its secret settings, likewise, encrypted; null where there are none.</summary>
    public string? ProtectedSettings { get; set; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Since when nothing is delivered to it; what waits is delivered afterwards. Null while it works.</summary>
    public DateTimeOffset? PausedAt { get; set; }

    /// <summary>When it last took something.</summary>
    public DateTimeOffset? SucceededAt { get; set; }

    /// <summary>When it last did not.</summary>
    public DateTimeOffset? FailedAt { get; set; }

    /// <summary>Why not.</summary>
    public DeliveryFlaw? Flaw { get; set; }

    /// <summary>What it said then, as a status or a short word.</summary>
    public string? Detail { get; set; }
}

internal sealed class ServiceEndpointConfiguration : IEntityTypeConfiguration<ServiceEndpoint>
{
    public void Configure(EntityTypeBuilder<ServiceEndpoint> builder)
    {
        builder.ToTable("RecoveryEndpoints");
        builder.Property(e => e.Name).HasMaxLength(ServiceEndpoint.MaxNameLength);
        builder.Property(e => e.Kind).HasMaxLength(32);
        builder.Property(e => e.Reference).HasMaxLength(100);
        builder.Property(e => e.Detail).HasMaxLength(Receipt.MaxDetailLength);
        builder.HasIndex(e => e.Name).IsUnique();
        builder.HasIndex(e => new { e.Reference, e.Kind }).IsUnique();
    }
}
