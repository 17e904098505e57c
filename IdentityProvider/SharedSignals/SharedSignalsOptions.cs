using System.ComponentModel.DataAnnotations;
using System.Net;

namespace IdentityProvider.SharedSignals;

/// <summary>Section <c>SharedSignals</c>.</summary>
public sealed class SharedSignalsOptions : IValidatableObject
{
    /// <summary>
    /// How long an event is kept, delivered or not. Default 7 days; 1 hour to 90 days. Longer than the outbox tries.
    /// </summary>
    [Range(
        typeof(TimeSpan),
        "01:00:00",
        "90.00:00:00",
        ErrorMessage = "SharedSignals:KeepFor must be from 01:00:00 to 90 days."
    )]
    public TimeSpan KeepFor { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How many undelivered events a stream keeps; the oldest go first. Default 10000; 100 to 1000000.</summary>
    [Range(100, 1_000_000, ErrorMessage = "SharedSignals:KeepAtMost must be from 100 to 1000000.")]
    public int KeepAtMost { get; set; } = 10_000;

    /// <summary>How long a receiver may take to answer a push. Default 10 seconds; 1 to 60 seconds.</summary>
    [Range(
        typeof(TimeSpan),
        "00:00:01",
        "00:01:00",
        ErrorMessage = "SharedSignals:PushTimeout must be from 00:00:01 to 00:01:00."
    )]
    public TimeSpan PushTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a poll waits for an event when none is there. Default 20 seconds; 0 to 60 seconds.</summary>
    [Range(
        typeof(TimeSpan),
        "00:00:00",
        "00:01:00",
        ErrorMessage = "SharedSignals:PollWait must be from 00:00:00 to 00:01:00."
    )]
    public TimeSpan PollWait { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// How long a receiver waits between two verifications, in whole seconds. Default 10 seconds; 1 second to 1 hour.
    /// </summary>
    [Range(
        typeof(TimeSpan),
        "00:00:01",
        "01:00:00",
        ErrorMessage = "SharedSignals:VerificationInterval must be from 00:00:01 to 01:00:00."
    )]
    public TimeSpan VerificationInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Networks (<c>10.1.0.0/16</c>) to which events may be pushed although they are not public. Default none.
    /// </summary>
    public IList<string> AllowedNetworks { get; set; } = [];

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        AllowedNetworks
            .Where(n => !IPNetwork.TryParse(n, out _))
            .Select(n => new ValidationResult(
                $"SharedSignals:AllowedNetworks must hold networks such as 10.1.0.0/16, but had '{n}'."
            ));
}
