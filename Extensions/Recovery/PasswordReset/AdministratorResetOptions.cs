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
    public TimeSpan ApprovalLifetime { get; set; } = TimeSpan.FromHours(24);

    /// <summary>
    /// How long an approved reset is held before its link is mailed, so that whoever it is not may still stop it. Default
    /// none; at most 72 hours.
    /// </summary>
    public TimeSpan Hold { get; set; } = TimeSpan.Zero;

    /// <summary>
    /// How long after a reset the others may still stop it, which closes the account. Default 72 hours; 1 hour to 7 days.
    /// </summary>
    public TimeSpan StopFor { get; set; } = TimeSpan.FromHours(72);

    /// <summary>The longest time from the asking to the end of the link.</summary>
    // SP 800-63B-4, 4.2.1.2: from the approval's hold on, the link itself lives 24 hours at most.
    internal TimeSpan LongestPending =>
        (Proof == AdministratorProof.Approval ? ApprovalLifetime + Hold : TimeSpan.Zero) + TimeSpan.FromHours(24);

    /// <summary>Whether a request needs an approval that it does not have.</summary>
    internal bool Waits(ResetRequest request) =>
        Proof == AdministratorProof.Approval && request is { ApprovedAt: null, Purpose: PasswordResetPurpose.Reset };

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

        if (ApprovalLifetime < TimeSpan.FromMinutes(5) || ApprovalLifetime > TimeSpan.FromHours(24))
        {
            yield return new(
                "AccountRecovery:AdministratorReset:ApprovalLifetime must be from 00:05:00 to 1.00:00:00, but was "
                    + $"{ApprovalLifetime}.",
                [nameof(ApprovalLifetime)]
            );
        }

        if (Hold < TimeSpan.Zero || Hold > TimeSpan.FromHours(72))
        {
            yield return new(
                $"AccountRecovery:AdministratorReset:Hold must be from 00:00:00 to 3.00:00:00, but was {Hold}.",
                [nameof(Hold)]
            );
        }

        if (StopFor < TimeSpan.FromHours(1) || StopFor > TimeSpan.FromDays(7))
        {
            yield return new(
                $"AccountRecovery:AdministratorReset:StopFor must be from 01:00:00 to 7.00:00:00, but was {StopFor}.",
                [nameof(StopFor)]
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

    /// <summary>A second factor too: a code of the authenticator app, a passkey or a saved recovery code.</summary>
    Factor,

    /// <summary>The link is mailed once another administrator has approved. Nobody approves their own.</summary>
    Approval,
}
