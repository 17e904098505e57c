using System.ComponentModel.DataAnnotations;

namespace IdP.Recovery;

/// <summary>Section <c>AccountRecovery:Outbox</c>.</summary>
public sealed class OutboxOptions : IValidatableObject
{
    /// <summary>
    /// How long after its last sign of life another process takes over what one has in hand. Renewed three times within it.
    /// Default 15 seconds; 5 seconds to 1 hour.
    /// </summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Waits between tries, each 1 second to 24 hours; the last is repeated until <see cref="GiveUpAfter"/>. When none is
    /// set: 10 s, 30 s, 1, 2, 5, 15 and 30 minutes, 1, 2 and 4 hours.
    /// </summary>
    public IList<TimeSpan> Backoff { get; } = [];

    /// <summary>How long after its cause an entry is still tried. Default 26 hours; 24 hours to 30 days.</summary>
    public TimeSpan GiveUpAfter { get; set; } = TimeSpan.FromHours(26);

    // Not the list's own content: configuration adds to a list, and could never make these waits other ones.
    private static readonly TimeSpan[] UsualBackoff =
    [
        TimeSpan.FromSeconds(10),
        TimeSpan.FromSeconds(30),
        TimeSpan.FromMinutes(1),
        TimeSpan.FromMinutes(2),
        TimeSpan.FromMinutes(5),
        TimeSpan.FromMinutes(15),
        TimeSpan.FromMinutes(30),
        TimeSpan.FromHours(1),
        TimeSpan.FromHours(2),
        TimeSpan.FromHours(4),
    ];

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        Backoff
            .Select((wait, i) => Between($"Backoff:{i}", wait, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)))
            .Append(Between(nameof(Lease), Lease, TimeSpan.FromSeconds(5), TimeSpan.FromHours(1)))
            .Append(Between(nameof(GiveUpAfter), GiveUpAfter, TimeSpan.FromHours(24), TimeSpan.FromDays(30)))
            .OfType<ValidationResult>();

    private static ValidationResult? Between(string name, TimeSpan value, TimeSpan least, TimeSpan most) =>
        value >= least && value <= most
            ? null
            : new($"AccountRecovery:Outbox:{name} must be from {least} to {most}, but was {value}.", [name]);

    internal TimeSpan WaitAfter(int attempt)
    {
        var waits = Backoff.Count > 0 ? (IReadOnlyList<TimeSpan>)[.. Backoff] : UsualBackoff;
        return waits[Math.Clamp(attempt, 1, waits.Count) - 1];
    }
}
