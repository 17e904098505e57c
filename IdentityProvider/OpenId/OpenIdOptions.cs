using System.ComponentModel.DataAnnotations;

namespace IdentityProvider.OpenId;

/// <summary>Section <c>OpenId</c>.</summary>
public sealed class OpenIdOptions
{
    /// <summary>How long a refresh token lives since its last use. Default 14 days; 1 hour to 365 days.</summary>
    [Range(
        typeof(TimeSpan),
        "01:00:00",
        "365.00:00:00",
        ErrorMessage = "OpenId:RefreshTokenLifetime must be from 1 hour to 365 days."
    )]
    public TimeSpan RefreshTokenLifetime { get; set; } = TimeSpan.FromDays(14);

    /// <summary>
    /// How long a refresh token that was just used may be used again by its application, since several of its requests may
    /// refresh at once; used later, it ends the grant (RFC 9700, 4.14.2). Default 10 seconds; 0 (never) to 60.
    /// </summary>
    [Range(
        typeof(TimeSpan),
        "00:00:00",
        "00:01:00",
        ErrorMessage = "OpenId:RefreshTokenReuseLeeway must be from 0 to 60 seconds."
    )]
    public TimeSpan RefreshTokenReuseLeeway { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an ended token or grant is kept before it is dropped. Default 14 days; 1 to 365 days.</summary>
    [Range(
        typeof(TimeSpan),
        "1.00:00:00",
        "365.00:00:00",
        ErrorMessage = "OpenId:Retention must be from 1 to 365 days."
    )]
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(14);

    /// <summary>
    /// How many requests that are signed, or too long for an address, one network may have kept within 15 minutes, those that
    /// an application signs for each application; more are answered 429. An office behind one address counts as one network.
    /// Default 300; 10 to 100,000.
    /// </summary>
    [Range(10, 100_000, ErrorMessage = "OpenId:KeptPerNetwork must be from 10 to 100000.")]
    public int KeptPerNetwork { get; set; } = 300;

    /// <summary>
    /// The clients file that is applied at every start, which adds and changes and removes nothing. Relative to the content
    /// root. Default: <c>clients.json</c> where there is one. Empty applies none, and leaves the clients to
    /// <c>clients apply</c>.
    /// </summary>
    public string? ClientsFile { get; set; }

    /// <summary>Where that file is; null when none is to be applied.</summary>
    /// <param name="contentRoot">The host's folder.</param>
    public string? FindClientsFile(string contentRoot)
    {
        var path = Path.Combine(contentRoot, ClientsFile ?? "clients.json");
        return ClientsFile is null ? (File.Exists(path) ? path : null)
            : ClientsFile.Length == 0 ? null
            : path;
    }
}
