using System.Security.Cryptography;
using System.Text;
using IdP.Recovery;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.IdentityModel.Tokens;

namespace IdentityProvider.Tests.OpenId;

/// <summary>An authorization request.</summary>
internal sealed record CodeRequest
{
    public string ClientId { get; init; } = "app";

    public string RedirectUri { get; init; } = OpenIdHost.Callback;

    public string Scope { get; init; } = "openid";

    public string? Verifier { get; init; } = Secrets.NewToken();

    /// <summary>Further parameters; null takes one away.</summary>
    public (string Name, string? Value)[] With { get; init; } = [];

    public Dictionary<string, string> Parameters =>
        OpenIdHost.Form(
            [
                ("client_id", ClientId),
                ("redirect_uri", RedirectUri),
                ("response_type", "code"),
                ("scope", Scope),
                ("state", "the-state"),
                ("nonce", "the-nonce"),
                ("code_challenge", Verifier is null ? null : Challenge(Verifier)),
                ("code_challenge_method", Verifier is null ? null : "S256"),
            ],
            With
        );

    public string Address =>
        QueryHelpers.AddQueryString(
            "/connect/authorize",
            Parameters.Select(p => KeyValuePair.Create(p.Key, (string?)p.Value))
        );

    public static string Challenge(string verifier) =>
        Base64UrlEncoder.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));
}
