using System.ComponentModel.DataAnnotations;

namespace IdentityProvider.Clients;

/// <summary>Section <c>Clients</c>.</summary>
public sealed class ClientOptions
{
    /// <summary>How long a client's old secret is still taken beside a new one. Default 24 hours; 0 to 30 days.</summary>
    [Range(
        typeof(TimeSpan),
        "00:00:00",
        "30.00:00:00",
        ErrorMessage = "Clients:SecretOverlap must be from 0 to 30 days."
    )]
    public TimeSpan SecretOverlap { get; set; } = TimeSpan.FromHours(24);
}
