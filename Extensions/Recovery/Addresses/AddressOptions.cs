using System.ComponentModel.DataAnnotations;

namespace IdP.Recovery.Addresses;

/// <summary>Section <c>AccountRecovery:Addresses</c>.</summary>
public sealed class AddressOptions : IValidatableObject
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(24);

    /// <summary>How many addresses an account may have beside its primary one. Default 5; 1 to 10.</summary>
    public int Max { get; set; } = 5;

    /// <summary>How long a mailed code works. Default 10 minutes; 1 minute to 24 hours (SP 800-63B-4, 4.2.1.2).</summary>
    public TimeSpan CodeLifetime { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How many codes one account may ask for in a day. Default 10; 1 to 100.</summary>
    public int CodesPerDay { get; set; } = 10;

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Max is < 1 or > 10)
        {
            yield return Wrong(nameof(Max), $"from 1 to 10, but was {Max}");
        }

        if (CodeLifetime < Shortest || CodeLifetime > Longest)
        {
            yield return Wrong(nameof(CodeLifetime), $"from {Shortest} to {Longest}, but was {CodeLifetime}");
        }

        if (CodesPerDay is < 1 or > 100)
        {
            yield return Wrong(nameof(CodesPerDay), $"from 1 to 100, but was {CodesPerDay}");
        }
    }

    private static ValidationResult Wrong(string name, string rule) =>
        new($"AccountRecovery:Addresses:{name} must be {rule}.", [name]);
}
