using System.Globalization;
using System.Text.Json;
using OpenIddict.EntityFrameworkCore.Models;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace IdentityProvider.Clients;

/// <summary>How a client proves that it is itself.</summary>
internal enum ClientProof
{
    /// <summary>It cannot: it runs on people's devices.</summary>
    None,

    /// <summary>By a secret.</summary>
    Secret,

    /// <summary>By a key of its own (<c>private_key_jwt</c>).</summary>
    Key,
}

/// <summary>A client as the console shows it, read from the engine's row.</summary>
internal sealed record ClientView(OpenIddictEntityFrameworkCoreApplication Row)
{
    private readonly IReadOnlyList<string> permissions = Strings(Row.Permissions);
    private readonly IReadOnlyList<string> requirements = Strings(Row.Requirements);

    public string ClientId => Row.ClientId!;

    public string Name => Row.DisplayName ?? ClientId;

    /// <summary>The version, which changes with every change.</summary>
    public string? Version => Row.ConcurrencyToken;

    public ClientProof Proof =>
        Row.ClientType == ClientTypes.Public ? ClientProof.None
        : Row.JsonWebKeySet is not null ? ClientProof.Key
        : ClientProof.Secret;

    public bool AsksForConsent => Row.ConsentType == ConsentTypes.Explicit;

    public bool RequiresPkce => requirements.Contains(Requirements.Features.ProofKeyForCodeExchange);

    public bool RequiresPar => requirements.Contains(Requirements.Features.PushedAuthorizationRequests);

    /// <summary>Whether it must sign its requests (RFC 9101).</summary>
    public bool RequiresSignedRequests => Is(ClientDescriptors.RequireSignedRequestObject);

    /// <summary>Whether its ID tokens have the claims of the granted scopes.</summary>
    public bool HasClaimsInIdToken => Is(ClientDescriptors.ClaimsInIdToken);

    /// <summary>Its grant types, as in a clients file.</summary>
    public IReadOnlyList<string> Flows =>
        [.. Permitted(Permissions.Prefixes.GrantType).Select(g => g == GrantTypes.DeviceCode ? "device_code" : g)];

    public IReadOnlyList<string> Scopes => [.. Permitted(Permissions.Prefixes.Scope)];

    public IReadOnlyList<string> RedirectUris => Strings(Row.RedirectUris);

    public IReadOnlyList<string> PostLogoutRedirectUris => Strings(Row.PostLogoutRedirectUris);

    public SecretHistory Secrets => SecretHistory.Of(Row.Properties);

    public string? BackChannelLogoutUri =>
        ClientProperties.Read(Row.Properties, ClientDescriptors.BackChannelLogoutUri);

    public string? FrontChannelLogoutUri =>
        ClientProperties.Read(Row.Properties, ClientDescriptors.FrontChannelLogoutUri);

    /// <summary>How long its access tokens live; null where nothing is set.</summary>
    public TimeSpan? AccessTokenLifetime =>
        ClientProperties.Read(Row.Settings, Settings.TokenLifetimes.AccessToken) is { } text
            ? TimeSpan.Parse(text, CultureInfo.InvariantCulture)
            : null;

    private bool Is(string property) => ClientProperties.Read(Row.Properties, property) == "true";

    private IEnumerable<string> Permitted(string prefix) =>
        permissions.Where(p => p.StartsWith(prefix, StringComparison.Ordinal)).Select(p => p[prefix.Length..]);

    private static IReadOnlyList<string> Strings(string? json) =>
        json is null ? [] : JsonSerializer.Deserialize<string[]>(json)!;
}
