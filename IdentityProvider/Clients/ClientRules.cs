using System.Text.Json;
using System.Text.RegularExpressions;
using IdP.Recovery;

namespace IdentityProvider.Clients;

/// <summary>What must hold of a declaration beside its form.</summary>
internal static partial class ClientRules
{
    private static readonly string[] GrantTypes =
    [
        "authorization_code",
        "refresh_token",
        "client_credentials",
        "device_code",
    ];

    public static readonly string[] StandardScopes =
    [
        "openid",
        "profile",
        "email",
        "address",
        "phone",
        "offline_access",
    ];

    /// <summary>The scopes that every host has beside those of OpenID Connect.</summary>
    public static readonly RegisteredScope[] OwnScopes =
    [
        new(SignalScopes.Read, null, [SignalScopes.Audience], IsPlain: false),
        new(SignalScopes.Manage, null, [SignalScopes.Audience], IsPlain: false),
        .. ApiScopes.All.Select(s => new RegisteredScope(s, null, [ApiScopes.Audience], IsPlain: false)),
    ];

    private static readonly HashSet<string> Reserved = [.. StandardScopes, .. OwnScopes.Select(s => s.Name)];

    /// <summary>One sentence for each broken rule.</summary>
    public static IEnumerable<string> Check(ClientsDeclaration declaration)
    {
        foreach (var id in Repeated(declaration.Clients.Select(c => c.ClientId)))
        {
            yield return $"clients: clientId '{id}' must be declared once.";
        }

        foreach (var name in Repeated(declaration.Scopes.Select(s => s.Name)))
        {
            yield return $"scopes: name '{name}' must be declared once.";
        }

        foreach (var scope in declaration.Scopes.Where(s => !Name().IsMatch(s.Name) || Reserved.Contains(s.Name)))
        {
            yield return $"scopes: name '{scope.Name}' must be of a-z, 0-9, '.', ':', '_' or '-', and not one of OpenID Connect's own or of the host's.";
        }

        foreach (var scope in declaration.Scopes.Where(s => s.AccessTokenType is not ("at+jwt" or "JWT")))
        {
            yield return $"scopes: accessTokenType of '{scope.Name}' must be at+jwt or JWT, but was '{scope.AccessTokenType}'.";
        }

        foreach (var scope in declaration.Scopes.Where(s => s.DisplayName is { } shown && !PlainText.Is(shown)))
        {
            yield return $"scopes: displayName of '{scope.Name}' must be one line of characters that can be seen.";
        }

        var scopes = Reserved.Concat(declaration.Scopes.Select(s => s.Name)).ToHashSet(StringComparer.Ordinal);
        foreach (var client in declaration.Clients)
        {
            foreach (var error in Check(client, scopes))
            {
                yield return $"client '{client.ClientId}': {error}";
            }
        }
    }

    private static IEnumerable<string> Check(ClientDeclaration client, HashSet<string> scopes)
    {
        if (!Name().IsMatch(client.ClientId))
        {
            yield return "clientId must be 1 to 100 of a-z, A-Z, 0-9, '.', ':', '_' or '-'.";
        }

        if (!PlainText.Is(client.Name))
        {
            yield return "name must be one line of characters that can be seen.";
        }

        foreach (var grant in client.GrantTypes.Where(g => !GrantTypes.Contains(g)))
        {
            yield return $"grantTypes must be of {string.Join(", ", GrantTypes)}, but had '{grant}'.";
        }

        foreach (var scope in client.Scopes.Where(s => !scopes.Contains(s)))
        {
            yield return $"scopes must be declared, but '{scope}' is not.";
        }

        var code = client.GrantTypes.Contains("authorization_code");
        if (code != client.RedirectUris.Count > 0)
        {
            yield return "redirectUris and the grant type authorization_code must come together.";
        }

        foreach (var uri in client.RedirectUris.Concat(client.PostLogoutRedirectUris).Where(u => !IsTarget(u)))
        {
            yield return $"'{uri}' must be https, http on a loopback address, or an app's own scheme, without a fragment.";
        }

        foreach (var uri in new[] { client.BackChannelLogoutUri, client.FrontChannelLogoutUri }.OfType<string>())
        {
            if (!IsTarget(uri) || !uri.StartsWith("http", StringComparison.Ordinal))
            {
                yield return $"'{uri}' must be https, or http on a loopback address.";
            }
        }

        if (client.LogoUri is { } logo && !IsPicture(logo))
        {
            yield return $"logoUri must be an https address, http on a loopback address, or a path of this host such as /logo.svg, but was '{logo}'.";
        }

        if (client.Type == ClientKind.Public)
        {
            if (client.SecretHash is not null || client.Jwks is not null)
            {
                yield return "a public client must have neither secretHash nor jwks.";
            }

            if (!client.RequirePkce)
            {
                yield return "a public client must require PKCE (RFC 9700, 2.1.1).";
            }

            if (client.GrantTypes.Contains("client_credentials"))
            {
                yield return "a public client must not have client_credentials (RFC 6749, 4.4).";
            }
        }

        if (client.SecretHash is not null && !ClientSecrets.IsSha256(client.SecretHash))
        {
            yield return "secretHash must be 'sha256:' and 43 characters of base64url.";
        }

        if (client.Jwks is { } jwks && !AreKeys(jwks))
        {
            yield return "jwks must be an object with keys, each public and of the type EC or RSA.";
        }

        if (client.IdTokenSigningAlg is not ("ES256" or "RS256"))
        {
            yield return $"idTokenSigningAlg must be ES256 or RS256, but was '{client.IdTokenSigningAlg}'.";
        }

        if (client.AccessTokenSigningAlg is not ("ES256" or "RS256"))
        {
            yield return $"accessTokenSigningAlg must be ES256 or RS256, but was '{client.AccessTokenSigningAlg}'.";
        }

        if (client.RequireSignedRequestObject && client.Jwks is null)
        {
            yield return "requireSignedRequestObject needs jwks, by which the requests are checked.";
        }

        if (client.AccessTokenLifetime is < 60 or > 3600)
        {
            yield return $"accessTokenLifetime must be from 60 to 3600 seconds, but was {client.AccessTokenLifetime}.";
        }
    }

    private static bool IsPicture(string logo) =>
        logo.StartsWith('/')
            ? !logo.StartsWith("//", StringComparison.Ordinal) && !logo.Contains('\\')
            : IsTarget(logo) && logo.StartsWith("http", StringComparison.Ordinal);

    // Security: a key with its private part would lie in a file that is not kept as a secret, and a symmetric one is one.
    private static bool AreKeys(JsonElement jwks) =>
        jwks.ValueKind == JsonValueKind.Object
        && jwks.TryGetProperty("keys", out var keys)
        && keys.ValueKind == JsonValueKind.Array
        && keys.GetArrayLength() > 0
        && keys.EnumerateArray()
            .All(key =>
                key.ValueKind == JsonValueKind.Object
                && key.TryGetProperty("kty", out var type)
                && type.ValueKind == JsonValueKind.String
                && type.GetString() is "EC" or "RSA"
                && !key.TryGetProperty("d", out _)
            );

    private static bool IsTarget(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && uri.Fragment.Length == 0
        && uri.Scheme switch
        {
            "https" => true,
            "http" => uri.IsLoopback,
            "javascript" or "data" or "file" or "vbscript" => false,
            _ => uri.Scheme.Contains('.', StringComparison.Ordinal), // RFC 8252, 7.1: a reversed domain name
        };

    private static IEnumerable<string> Repeated(IEnumerable<string> values) =>
        values.GroupBy(v => v, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => g.Key);

    [GeneratedRegex("^[A-Za-z0-9.:_-]{1,100}$")]
    private static partial Regex Name();
}
