using System.Collections.Concurrent;
using System.Text.Json;
using IdentityProvider.Clients;
using IdentityProvider.SigningKeys;
using Microsoft.IdentityModel.Tokens;

namespace IdentityProvider.OpenId;

/// <summary>
/// Discovery and JWKS change only with keys and settings: the engine answers once, and the same bytes are served until
/// something changes. The JWKS also has keys that only are published yet, which the engine does not know.
/// </summary>
internal sealed class DiscoveryCache(ProviderChanges changes, SigningKeySet keys)
{
    private const string Discovery = "/.well-known/openid-configuration";
    private const string Metadata = "/.well-known/oauth-authorization-server";
    private const string Jwks = "/.well-known/jwks";

    private readonly ConcurrentDictionary<string, (int Version, byte[] Body)> answers = new(StringComparer.Ordinal);

    public async Task InvokeAsync(HttpContext http, RequestDelegate next)
    {
        if (!HttpMethods.IsGet(http.Request.Method) || http.Request.Path.Value is not (Discovery or Metadata or Jwks))
        {
            await next(http);
            return;
        }

        var path = http.Request.Path.Value;
        var version = changes.Version;
        if (!answers.TryGetValue(path, out var answer) || answer.Version != version)
        {
            if (await MakeAsync(path, http, next) is not { } body)
            {
                return;
            }

            answer = answers[path] = (version, body);
        }

        http.Response.ContentType = "application/json;charset=utf-8";
        http.Response.ContentLength = answer.Body.Length;
        http.Response.Headers.CacheControl = "public, max-age=60";
        http.Response.Headers.AccessControlAllowOrigin = "*";
        await http.Response.Body.WriteAsync(answer.Body, http.RequestAborted);
    }

    private async Task<byte[]?> MakeAsync(string path, HttpContext http, RequestDelegate next)
    {
        if (path == Jwks)
        {
            return PublishedKeys();
        }

        var original = http.Response.Body;
        using var buffer = new MemoryStream();
        http.Response.Body = buffer;
        try
        {
            await next(http);
        }
        finally
        {
            http.Response.Body = original;
        }

        if (http.Response.StatusCode == StatusCodes.Status200OK)
        {
            return buffer.ToArray();
        }

        buffer.Position = 0;
        await buffer.CopyToAsync(original, http.RequestAborted);
        return null;
    }

    private byte[] PublishedKeys() =>
        JsonSerializer.SerializeToUtf8Bytes(
            new { keys = keys.Published.Where(k => k.Key is AsymmetricSecurityKey).Select(Public).ToArray() }
        );

    private static Dictionary<string, string> Public(OpenedKey key)
    {
        var jwk = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["kid"] = key.Key.KeyId,
            ["use"] = "sig",
            ["alg"] = key.Algorithm,
        };
        switch (key.Key)
        {
            case ECDsaSecurityKey { ECDsa: var ecdsa }:
                var point = ecdsa.ExportParameters(includePrivateParameters: false).Q;
                jwk["kty"] = "EC";
                jwk["crv"] = "P-256";
                jwk["x"] = Base64UrlEncoder.Encode(point.X);
                jwk["y"] = Base64UrlEncoder.Encode(point.Y);
                break;
            case RsaSecurityKey { Rsa: var rsa }:
                var parameters = rsa.ExportParameters(includePrivateParameters: false);
                jwk["kty"] = "RSA";
                jwk["n"] = Base64UrlEncoder.Encode(parameters.Modulus);
                jwk["e"] = Base64UrlEncoder.Encode(parameters.Exponent);
                break;
            default:
                throw new InvalidOperationException($"Key {key.Key.KeyId} cannot be published.");
        }

        return jwk;
    }
}
