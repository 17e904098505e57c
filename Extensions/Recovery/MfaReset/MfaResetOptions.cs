using System.ComponentModel.DataAnnotations;

namespace IdP.Recovery.MfaReset;

/// <summary>Section <c>AccountRecovery:MfaReset</c>.</summary>
public sealed class MfaResetOptions : IValidatableObject
{
    /// <summary>Whose MFA is reset only when a second administrator approves. Default: nobody's.</summary>
    public MfaResetApproval Approval { get; set; } = MfaResetApproval.Nobody;

    /// <summary>How long a reset waits for the approval. Default 24 hours; 5 minutes to 7 days.</summary>
    public TimeSpan Hold { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How many people one reset of many may have. Default 100,000; 1 to 1,000,000.</summary>
    [Range(
        1,
        1_000_000,
        ErrorMessage = "AccountRecovery:MfaReset:MaxPeople must be from 1 to 1000000, but was another number."
    )]
    public int MaxPeople { get; set; } = 100_000;

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!Enum.IsDefined(Approval))
        {
            yield return new(
                $"AccountRecovery:MfaReset:Approval must be Nobody or Privileged, but was {Approval}.",
                [nameof(Approval)]
            );
        }

        if (Hold < TimeSpan.FromMinutes(5) || Hold > TimeSpan.FromDays(7))
        {
            yield return new(
                $"AccountRecovery:MfaReset:Hold must be from 5 minutes to 7 days, but was {Hold}.",
                [nameof(Hold)]
            );
        }
    }
}

/// <summary>Whose MFA is reset only with a second administrator's approval.</summary>
public enum MfaResetApproval
{
    /// <summary>Nobody's.</summary>
    Nobody,

    /// <summary>That of people of the console.</summary>
    Privileged,
}
