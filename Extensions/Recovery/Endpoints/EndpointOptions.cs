using System.ComponentModel.DataAnnotations;
using System.Net;

namespace IdP.Recovery.Endpoints;

/// <summary>Section <c>AccountRecovery:Endpoints</c>.</summary>
public sealed class EndpointOptions : IValidatableObject
{
    /// <summary>
    /// How long a new password may be kept, encrypted, for a service that must be given it. Default 1 hour; 1 minute to 24
    /// hours. After that the person's next sign-in delivers it.
    /// </summary>
    [Range(
        typeof(TimeSpan),
        "00:01:00",
        "1.00:00:00",
        ErrorMessage = "AccountRecovery:Endpoints:KeepPassword must be from 00:01:00 to 24 hours."
    )]
    public TimeSpan KeepPassword { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long a service may take to answer. Default 10 seconds; 1 to 60 seconds.</summary>
    [Range(
        typeof(TimeSpan),
        "00:00:01",
        "00:01:00",
        ErrorMessage = "AccountRecovery:Endpoints:Timeout must be from 00:00:01 to 00:01:00."
    )]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How many deliveries one node makes to one endpoint at a time. Default 2; 1 to 32.</summary>
    [Range(1, 32, ErrorMessage = "AccountRecovery:Endpoints:AtOnce must be from 1 to 32.")]
    public int AtOnce { get; set; } = 2;

    /// <summary>
    /// Networks (<c>10.1.0.0/16</c>) in which endpoints may stand although they are not public. Default none. Loopback is
    /// one of them: with it, an address may also be <c>http</c>.
    /// </summary>
    public IList<string> AllowedNetworks { get; set; } = [];

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        AllowedNetworks
            .Where(n => !IPNetwork.TryParse(n, out _))
            .Select(n => new ValidationResult(
                $"AccountRecovery:Endpoints:AllowedNetworks must hold networks such as 10.1.0.0/16, but had '{n}'."
            ));
}
