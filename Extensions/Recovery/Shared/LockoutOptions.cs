using System.ComponentModel.DataAnnotations;

namespace IdP.Recovery;

/// <summary>Section <c>AccountRecovery:Lockout</c>.</summary>
public sealed class LockoutOptions
{
    /// <summary>Consecutive wrong passwords that lock an account. Default 5; 3 to 100 (SP 800-63B-4, 3.2.2).</summary>
    [Range(3, 100, ErrorMessage = "AccountRecovery:Lockout:Failures must be from 3 to 100.")]
    public int Failures { get; set; } = 5;

    /// <summary>How long a lock lasts. Default 15 minutes.</summary>
    [Range(
        typeof(TimeSpan),
        "00:01:00",
        "1.00:00:00",
        ErrorMessage = "AccountRecovery:Lockout:Duration must be from 00:01:00 to 1.00:00:00."
    )]
    public TimeSpan Duration { get; set; } = TimeSpan.FromMinutes(15);
}
