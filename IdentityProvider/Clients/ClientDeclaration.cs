using System.Text.Json;

namespace IdentityProvider.Clients;

/// <summary>The file <c>clients.json</c>: which applications there are, and what they may ask for.</summary>
internal sealed record ClientsDeclaration
{
    /// <summary>Only for editors.</summary>
    [System.Text.Json.Serialization.JsonPropertyName("$schema")]
    public string? Schema { get; init; }

    /// <summary>The scopes beside those of OpenID Connect.</summary>
    public IReadOnlyList<ScopeDeclaration> Scopes { get; init; } = [];

    /// <summary>The applications. 'clients apply' removes one that is missing here; a start does not.</summary>
    public IReadOnlyList<ClientDeclaration> Clients { get; init; } = [];
}

/// <summary>A scope of the organisation's own.</summary>
internal sealed record ScopeDeclaration
{
    /// <summary>What an application asks for.</summary>
    public required string Name { get; init; }

    /// <summary>What the consent page says it means.</summary>
    public string? DisplayName { get; init; }

    /// <summary>
    /// The audiences (<c>aud</c>) of access tokens with it. An API that introspects them is the client with that id.
    /// </summary>
    public IReadOnlyList<string> Resources { get; init; } = [];

    /// <summary>
    /// The <c>typ</c> of access tokens with it: <c>at+jwt</c> (RFC 9068), or <c>JWT</c> for resource servers that refuse
    /// that, as Spring Security's do.
    /// </summary>
    public string AccessTokenType { get; init; } = "at+jwt";
}

/// <summary>An application.</summary>
internal sealed record ClientDeclaration
{
    /// <summary>Its id in the protocol.</summary>
    public required string ClientId { get; init; }

    /// <summary>Its name on the sign-in and consent pages.</summary>
    public required string Name { get; init; }

    /// <summary>Its logo: an https address, or one on this host.</summary>
    public string? LogoUri { get; init; }

    /// <summary>Whether it can keep a secret.</summary>
    public ClientKind Type { get; init; } = ClientKind.Confidential;

    /// <summary>Whether the person is asked for consent.</summary>
    public bool ThirdParty { get; init; }

    /// <summary>
    /// <c>sha256:</c> and the base64url hash of a 256-bit secret. Without it (and without <see cref="Jwks"/>) a
    /// confidential client gets a generated secret, which is shown once.
    /// </summary>
    public string? SecretHash { get; init; }

    /// <summary>Its public keys, for <c>private_key_jwt</c>.</summary>
    public JsonElement? Jwks { get; init; }

    /// <summary>Matched exactly. https, a loopback address over http, or an app's own scheme.</summary>
    public IReadOnlyList<string> RedirectUris { get; init; } = [];

    /// <summary>Where to go after a logout; matched exactly.</summary>
    public IReadOnlyList<string> PostLogoutRedirectUris { get; init; } = [];

    /// <summary>Is posted a logout token when a session ends (OpenID Connect Back-Channel Logout).</summary>
    public string? BackChannelLogoutUri { get; init; }

    /// <summary>Is loaded in a frame at a logout (OpenID Connect Front-Channel Logout).</summary>
    public string? FrontChannelLogoutUri { get; init; }

    /// <summary><c>authorization_code</c>, <c>refresh_token</c>, <c>client_credentials</c>, <c>device_code</c>.</summary>
    public IReadOnlyList<string> GrantTypes { get; init; } = ["authorization_code"];

    /// <summary>What it may ask for; <c>openid</c> needs no mention.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary>
    /// Whether PKCE is required. Only a confidential client may do without, and should send a nonce then (RFC 9700, 2.1.1).
    /// </summary>
    public bool RequirePkce { get; init; } = true;

    /// <summary>Whether requests must be pushed (RFC 9126).</summary>
    public bool RequirePar { get; init; }

    /// <summary>
    /// Of its ID tokens and logout tokens: <c>RS256</c>, which clients expect that do not ask (OpenID Connect Registration
    /// 2), or <c>ES256</c>.
    /// </summary>
    public string IdTokenSigningAlg { get; init; } = UsualIdTokenSigningAlg;

    public const string UsualIdTokenSigningAlg = "RS256";

    /// <summary>Of its access tokens, which its APIs read: <c>ES256</c> or <c>RS256</c>.</summary>
    public string AccessTokenSigningAlg { get; init; } = "ES256";

    /// <summary>Whether its ID tokens have the claims of the granted scopes, as those expect that never ask userinfo.</summary>
    public bool ClaimsInIdToken { get; init; }

    /// <summary>Whether it must sign its requests, with one of its <see cref="Jwks"/> (RFC 9101, 10.5).</summary>
    public bool RequireSignedRequestObject { get; init; }

    /// <summary>How long its access tokens live, in seconds; 60 to 3600. Default 300.</summary>
    public int AccessTokenLifetime { get; init; } = 300;
}

/// <summary>RFC 6749, 2.1.</summary>
internal enum ClientKind
{
    /// <summary>Keeps a secret: runs on a server.</summary>
    Confidential,

    /// <summary>Cannot: runs in a browser or on a person's device.</summary>
    Public,
}
