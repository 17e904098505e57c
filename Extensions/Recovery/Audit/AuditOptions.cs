using System.ComponentModel.DataAnnotations;

namespace IdP.Recovery.Audit;

/// <summary>Section <c>AccountRecovery:Audit</c>.</summary>
public sealed class AuditOptions : IValidatableObject
{
    private static readonly TimeSpan Shortest = TimeSpan.FromDays(30);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(3653);

    /// <summary>
    /// How long events are kept, rounded up to whole days of UTC. Default 400 days; 30 days to 10 years.
    /// </summary>
    public TimeSpan KeepFor { get; set; } = TimeSpan.FromDays(400);

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (KeepFor < Shortest || KeepFor > Longest)
        {
            yield return new(
                $"AccountRecovery:Audit:KeepFor must be from {Shortest} to {Longest}, but was {KeepFor}.",
                [nameof(KeepFor)]
            );
        }
    }
}
