using System.ComponentModel.DataAnnotations;

namespace IdentityProvider.Api;

/// <summary>Section <c>Api</c>.</summary>
internal sealed class ApiOptions
{
    /// <summary>Requests of one client, or of one person through it, in a minute; 1 to 1,000.</summary>
    [Range(1, 1000, ErrorMessage = "Api:RequestsPerMinute must be from 1 to 1000.")]
    public int RequestsPerMinute { get; set; } = 300;
}
