using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace RelyingParty;

/// <summary>The provider ends a session here (OpenID Connect Back-Channel Logout 1.0).</summary>
internal static class BackChannelLogout
{
    private const string Event = "http://schemas.openid.net/event/backchannel-logout";
    private static readonly TimeSpan LongestLife = TimeSpan.FromMinutes(2);

    public static void MapBackChannelLogout(this WebApplication app)
    {
        var seen = new ConcurrentDictionary<string, DateTimeOffset>();
        app.MapPost(
                "/backchannel-logout",
                async (
                    HttpContext http,
                    SampleSessions sessions,
                    TimeProvider time,
                    IOptionsMonitor<OpenIdConnectOptions> options
                ) =>
                {
                    http.Response.Headers.CacheControl = "no-store";
                    var form = http.Request.HasFormContentType
                        ? await http.Request.ReadFormAsync(http.RequestAborted)
                        : FormCollection.Empty;
                    var token = await ReadAsync(
                        form["logout_token"],
                        options.Get(OpenIdConnectDefaults.AuthenticationScheme),
                        time,
                        http.RequestAborted
                    );
                    if (token is null || !IsNew(token, seen, time.GetUtcNow()))
                    {
                        return Results.BadRequest(new { error = "invalid_request" });
                    }

                    await sessions.EndAsync(Claim(token, "sub"), Claim(token, "sid"));
                    return Results.NoContent();
                }
            )
            .DisableAntiforgery();
    }

    // Back-Channel Logout 1.0, 2.6.
    private static async Task<JsonWebToken?> ReadAsync(
        string? text,
        OpenIdConnectOptions options,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var configuration = await options.ConfigurationManager!.GetConfigurationAsync(cancellationToken);
        var result = await new JsonWebTokenHandler().ValidateTokenAsync(
            text,
            new TokenValidationParameters
            {
                ValidIssuer = configuration.Issuer,
                ValidAudience = options.ClientId,
                IssuerSigningKeys = configuration.SigningKeys,
                ValidTypes = ["logout+jwt"],
                LifetimeValidator = (_, expires, _, _) =>
                    expires > time.GetUtcNow().UtcDateTime && expires <= (time.GetUtcNow() + LongestLife).UtcDateTime,
            }
        );
        return
            result is { IsValid: true, SecurityToken: JsonWebToken token }
            && (Claim(token, "sub") ?? Claim(token, "sid")) is not null
            && Claim(token, "jti") is not null
            && Claim(token, "nonce") is null
            && token.TryGetPayloadValue<JsonElement>("events", out var events)
            && events.ValueKind == JsonValueKind.Object
            && events.TryGetProperty(Event, out _)
            ? token
            : null;
    }

    private static bool IsNew(JsonWebToken token, ConcurrentDictionary<string, DateTimeOffset> seen, DateTimeOffset now)
    {
        foreach (var (id, until) in seen)
        {
            if (until < now)
            {
                seen.TryRemove(id, out _);
            }
        }

        return seen.TryAdd(Claim(token, "jti")!, now + LongestLife);
    }

    private static string? Claim(JsonWebToken token, string name) =>
        token.TryGetPayloadValue<string>(name, out var value) ? value : null;
}
