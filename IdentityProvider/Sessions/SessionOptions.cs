using System.ComponentModel.DataAnnotations;

namespace IdentityProvider.Sessions;

/// <summary>Section <c>Sessions</c> (SP 800-63B-4, 2.2.3).</summary>
public sealed class SessionOptions
{
    /// <summary>How long a session may lie idle. Default 1 hour; 5 minutes to 24 hours.</summary>
    [Range(
        typeof(TimeSpan),
        "00:05:00",
        "1.00:00:00",
        ErrorMessage = "Sessions:Idle must be from 00:05:00 to 1.00:00:00."
    )]
    public TimeSpan Idle { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long a session may last in all. Default 24 hours; 5 minutes to 30 days.</summary>
    [Range(
        typeof(TimeSpan),
        "00:05:00",
        "30.00:00:00",
        ErrorMessage = "Sessions:Lifetime must be from 00:05:00 to 30.00:00:00."
    )]
    public TimeSpan Lifetime { get; set; } = TimeSpan.FromHours(24);
}
