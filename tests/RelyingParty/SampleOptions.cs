using System.ComponentModel.DataAnnotations;

namespace RelyingParty;

/// <summary>Section <c>Provider</c>: who signs people in for this application.</summary>
internal sealed class SampleOptions
{
    /// <summary>The provider's issuer. Default <c>http://localhost:5080</c>.</summary>
    [Required(ErrorMessage = "Provider:Authority must be set.")]
    public Uri Authority { get; set; } = new("http://localhost:5080");

    /// <summary>This application's name at the provider. Default <c>sample</c>.</summary>
    [Required(ErrorMessage = "Provider:ClientId must be set.")]
    public string ClientId { get; set; } = "sample";

    /// <summary>Its secret; without one it is a public client, which PKCE alone protects.</summary>
    public string? ClientSecret { get; set; }

    /// <summary>What it asks for, beside <c>openid</c>.</summary>
    public string Scopes { get; set; } = "profile email offline_access";

    /// <summary>A folder in which several nodes share their sessions and keys; without one, each has its own.</summary>
    public string? Sessions { get; set; }
}
