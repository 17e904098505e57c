using System.ComponentModel.DataAnnotations;

namespace IdP.Recovery.PasswordReset;

/// <summary>
/// Section <c>AccountRecovery:AdministratorReset</c>: what guards the reset of an administrator's password, which
/// replaces the TOTP key as well, so that a mailbox alone would be enough to take the account over.
/// </summary>
public sealed class AdministratorResetOptions : IValidatableObject
{
    /// <summary>What must be shown beside the mailed link. Default: nothing.</summary>
    public AdministratorProof Proof { get; set; } = AdministratorProof.Mail;

    /// <summary>Whether every other administrator is told at once, with a link that stops it. Default true.</summary>
    public bool TellsOthers { get; set; } = true;

    /// <summary>How long a request waits for an approval. Default 24 hours; 5 minutes to 24 hours.</summary>
    public TimeSpan Hold { get; set; } = TimeSpan.FromHours(24);

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!Enum.IsDefined(Proof))
        {
            yield return new(
                $"AccountRecovery:AdministratorReset:Proof must be Mail, Factor or Approval, but was {Proof}.",
                [nameof(Proof)]
            );
        }

        if (Hold < TimeSpan.FromMinutes(5) || Hold > TimeSpan.FromHours(24))
        {
            yield return new(
                $"AccountRecovery:AdministratorReset:Hold must be from 00:05:00 to 1.00:00:00, but was {Hold}.",
                [nameof(Hold)]
            );
        }

        if (Proof == AdministratorProof.Approval && !TellsOthers)
        {
            yield return new(
                "AccountRecovery:AdministratorReset:TellsOthers must be true where Proof is Approval, but was false.",
                [nameof(TellsOthers)]
            );
        }
    }
}

/// <summary>What an administrator shows beside the mailed link.</summary>
public enum AdministratorProof
{
    /// <summary>Nothing.</summary>
    Mail,

    /// <summary>A passkey or a saved recovery code.</summary>
    Factor,

    /// <summary>The link is mailed once another administrator has approved. Nobody approves their own.</summary>
    Approval,
}
