using System.ComponentModel.DataAnnotations;

namespace IdentityProvider.SigningKeys;

/// <summary>Section <c>Keys</c>.</summary>
public sealed class SigningKeyOptions
{
    /// <summary>How long a key is used. Default 90 days; 1 to 3650 days.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "3650.00:00:00", ErrorMessage = "Keys:UseFor must be from 1 to 3650 days.")]
    public TimeSpan UseFor { get; set; } = TimeSpan.FromDays(90);

    /// <summary>How long a new key is published before it is used. Default 1 day; 2 minutes to 30 days.</summary>
    [Range(
        typeof(TimeSpan),
        "00:02:00",
        "30.00:00:00",
        ErrorMessage = "Keys:PublishBefore must be from 00:02:00 to 30.00:00:00."
    )]
    public TimeSpan PublishBefore { get; set; } = TimeSpan.FromDays(1);

    /// <summary>
    /// How long a replaced key still verifies, and at least as long as a refresh token lives. Default 30 days; 1 to 365
    /// days.
    /// </summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "365.00:00:00", ErrorMessage = "Keys:KeepFor must be from 1 to 365 days.")]
    public TimeSpan KeepFor { get; set; } = TimeSpan.FromDays(30);

    /// <summary>The life of the longest-lived token, which its key outlives whatever <see cref="KeepFor"/> says.</summary>
    internal TimeSpan LongestToken { get; set; }

    /// <summary>How often a node looks for new keys. Default 20 seconds; 1 to 60 seconds.</summary>
    [Range(
        typeof(TimeSpan),
        "00:00:01",
        "00:01:00",
        ErrorMessage = "Keys:ReloadEvery must be from 00:00:01 to 00:01:00."
    )]
    public TimeSpan ReloadEvery { get; set; } = TimeSpan.FromSeconds(20);
}
