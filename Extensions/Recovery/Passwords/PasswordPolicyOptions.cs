using System.ComponentModel.DataAnnotations;

namespace IdP.Recovery.Passwords;

/// <summary>Section <c>AccountRecovery:Passwords</c> (SP 800-63B-4, 3.1.1.2).</summary>
public sealed class PasswordPolicyOptions
{
    /// <summary>
    /// Fewest characters where the password is the only factor. Default 15, as the standard asks for; 8 to 64.
    /// </summary>
    [Range(8, 64, ErrorMessage = "AccountRecovery:Passwords:MinimumLength must be from 8 to 64.")]
    public int MinimumLength { get; set; } = 15;

    /// <summary>Fewest characters where a second factor is asked for. Default and least 8; at most 64.</summary>
    [Range(8, 64, ErrorMessage = "AccountRecovery:Passwords:MinimumLengthWithMfa must be from 8 to 64.")]
    public int MinimumLengthWithMfa { get; set; } = 8;

    /// <summary>Most characters. Default 128; 64 to 1024.</summary>
    [Range(64, 1024, ErrorMessage = "AccountRecovery:Passwords:MaximumLength must be from 64 to 1024.")]
    public int MaximumLength { get; set; } = 128;

    /// <summary>Words that name the service, which a password must not lean on. Default none but <c>idp</c>.</summary>
    public IList<string> ServiceNames { get; set; } = ["idp"];
}
