using System.ComponentModel.DataAnnotations;

namespace IdP.Recovery;

/// <summary>Section <c>AccountRecovery:Lockout</c> (SP 800-63B-4, 3.2.2).</summary>
public sealed class LockoutOptions : IValidatableObject
{
    /// <summary>Failures of one factor that close sign-in for a while. Default 5; 3 to 100.</summary>
    public int Failures { get; set; } = 5;

    /// <summary>Consecutive failures that disable a factor until it is set up anew. Default and at most 100; at least 10.</summary>
    public int FailuresEver { get; set; } = 100;

    /// <summary>How long the first lock lasts; each later one twice as long. Default 15 minutes; 1 minute to 24 hours.</summary>
    public TimeSpan Duration { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How long a lock lasts at most. Default 24 hours; at least <see cref="Duration"/>, at most 7 days.</summary>
    public TimeSpan LongestDuration { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How long the mailed link to unlock works. Default 24 hours; 5 minutes to 24 hours.</summary>
    public TimeSpan UnlockLinkLifetime { get; set; } = TimeSpan.FromHours(24);

    internal TimeSpan DurationAfter(int locks) =>
        locks > 20 || Duration * Math.Pow(2, locks) > LongestDuration ? LongestDuration : Duration * Math.Pow(2, locks);

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        new[]
        {
            Between(nameof(Failures), Failures, 3, 100),
            Between(nameof(FailuresEver), FailuresEver, 10, 100),
            Between(nameof(Duration), Duration, TimeSpan.FromMinutes(1), TimeSpan.FromHours(24)),
            Between(nameof(LongestDuration), LongestDuration, Duration, TimeSpan.FromDays(7)),
            Between(nameof(UnlockLinkLifetime), UnlockLinkLifetime, TimeSpan.FromMinutes(5), TimeSpan.FromHours(24)),
        }.OfType<ValidationResult>();

    private static ValidationResult? Between<T>(string name, T value, T least, T most)
        where T : IComparable<T> =>
        value.CompareTo(least) >= 0 && value.CompareTo(most) <= 0
            ? null
            : new($"AccountRecovery:Lockout:{name} must be from {least} to {most}, but was {value}.", [name]);
}
