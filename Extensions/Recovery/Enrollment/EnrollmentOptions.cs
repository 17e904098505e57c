using System.ComponentModel.DataAnnotations;

namespace IdP.Recovery.Enrollment;

/// <summary>Section <c>AccountRecovery:Enrollment</c>.</summary>
public sealed class EnrollmentOptions : IValidatableObject
{
    /// <summary>The period that the dialogs offer, in days. Default 7; 1 to 365.</summary>
    public int DefaultDays { get; set; } = EnrollmentPeriod.DefaultDays;

    /// <summary>
    /// The period that a person without a factor gets when the policy first takes hold, in days. Default 0: the factor
    /// is enrolled within the next sign-in. 0 to 365. It is one for all groups. People of the console never get one.
    /// </summary>
    public int PolicyDays { get; set; }

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (EnrollmentPeriod.Of(DefaultDays) is null)
        {
            yield return Problem(nameof(DefaultDays), "from 1 to 365", DefaultDays);
        }

        if (PolicyDays != 0 && EnrollmentPeriod.Of(PolicyDays) is null)
        {
            yield return Problem(nameof(PolicyDays), "from 0 to 365", PolicyDays);
        }
    }

    private static ValidationResult Problem(string name, string expected, int actual) =>
        new($"AccountRecovery:Enrollment:{name} must be {expected}, but was {actual}.", [name]);
}
