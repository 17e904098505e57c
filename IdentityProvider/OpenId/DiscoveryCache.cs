using System.Collections.Concurrent;
using System.Text.Json;
using IdentityProvider.Clients;
using IdentityProvider.SigningKeys;
using IdP.Recovery;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace IdentityProvider.OpenId;

/// <summary>
/// Discovery and JWKS change only with keys and settings: the engine is asked at the start, and the same bytes are served
/// until something changes. Security: the engine takes addresses from the request, so that it is asked by a request of our
/// own, which has them from <c>Origin</c>. The JWKS also has keys that only are published yet, which the engine does not know.
/// </summary>
internal sealed class DiscoveryCache(
    ProviderChanges changes,
    SigningKeySet keys,
    IOptions<OriginOptions> origin,
    IServiceProvider services
)
{
    private const string Discovery = "/.well-known/openid-configuration";
    private const string Metadata = "/.well-known/oauth-authorization-server";
    private const string Jwks = "/.well-known/jwks";

    private readonly ConcurrentDictionary<string, (int Version, byte[] Body)> answers = new(StringComparer.Ordinal);

    /// <summary>Makes every answer, so that the first who asks waits for none.</summary>
    public async Task FillAsync()
    {
        foreach (var path in (string[])[Discovery, Metadata, Jwks])
        {
            await FindAsync(path);
        }
    }

    public async Task InvokeAsync(HttpContext http, RequestDelegate next)
    {
        if (!HttpMethods.IsGet(http.Request.Method) || http.Request.Path.Value is not (Discovery or Metadata or Jwks))
        {
            await next(http);
            return;
        }

        var answer = await FindAsync(http.Request.Path.Value);
        http.Response.ContentType = "application/json;charset=utf-8";
        http.Response.ContentLength = answer.Length;
        http.Response.Headers.CacheControl = "public, max-age=60";
        http.Response.Headers.AccessControlAllowOrigin = "*";
        await http.Response.Body.WriteAsync(answer, http.RequestAborted);
    }

    private async Task<byte[]> FindAsync(string path)
    {
        var version = changes.Version;
        if (!answers.TryGetValue(path, out var answer) || answer.Version != version)
        {
            answer = answers[path] = (version, path == Jwks ? PublishedKeys() : await AskEngineAsync(path));
        }

        return answer.Body;
    }

    private async Task<byte[]> AskEngineAsync(string path)
    {
        var address = origin.Value.Link("/");
        var engine = new ApplicationBuilder(services);
        engine.UseAuthentication();
        await using var scope = services.CreateAsyncScope();
        using var body = new MemoryStream();
        var http = new DefaultHttpContext { RequestServices = scope.ServiceProvider };
        http.Request.Method = HttpMethods.Get;
        http.Request.Scheme = address.Scheme;
        http.Request.Headers.Host = HostString.FromUriComponent(address).ToString();
        http.Request.Path = path;
        http.Response.Body = body;
        await engine.Build()(http);
        return http.Response.StatusCode == StatusCodes.Status200OK
            ? body.ToArray()
            : throw new InvalidOperationException($"{path} was answered {http.Response.StatusCode}.");
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
