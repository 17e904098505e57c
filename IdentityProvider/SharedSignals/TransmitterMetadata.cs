using IdentityProvider.Clients;
using IdentityProvider.OpenId;
using IdP.Recovery;
using Microsoft.Extensions.Options;

namespace IdentityProvider.SharedSignals;

/// <summary>What a receiver learns of the transmitter (SSF 1.0, 7.1), and of its API (RFC 9728).</summary>
internal static class TransmitterMetadata
{
    // Who does not know what a session is would take one session's end for the end of all.
    private static readonly string[] CriticalMembers = ["user", "session"];

    private static readonly Dictionary<string, string>[] AuthorizationSchemes =
    [
        new(StringComparer.Ordinal) { ["spec_urn"] = "urn:ietf:rfc:6749" },
    ];

    private static readonly string[] BearerMethods = ["header"];

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/.well-known/ssf-configuration", Transmitter);
        endpoints.MapGet("/.well-known/oauth-protected-resource", Resource);
    }

    private static IResult Transmitter(HttpContext http, IOptions<OriginOptions> origin)
    {
        Publish(http);
        return Results.Json(
            new Dictionary<string, object>
            {
                ["spec_version"] = "1_0",
                ["issuer"] = origin.Value.Issuer(),
                ["jwks_uri"] = origin.Value.Link("/.well-known/jwks"),
                ["delivery_methods_supported"] = new[] { StreamWish.Push, StreamWish.Poll },
                ["configuration_endpoint"] = origin.Value.Link(StreamEndpoints.Path),
                ["status_endpoint"] = origin.Value.Link(StatusEndpoints.Path),
                ["add_subject_endpoint"] = origin.Value.Link(SubjectEndpoints.AddPath),
                ["remove_subject_endpoint"] = origin.Value.Link(SubjectEndpoints.RemovePath),
                ["verification_endpoint"] = origin.Value.Link(StatusEndpoints.VerificationPath),
                ["critical_subject_members"] = CriticalMembers,
                ["authorization_schemes"] = AuthorizationSchemes,
                ["default_subjects"] = "ALL",
            }
        );
    }

    private static IResult Resource(HttpContext http, IOptions<OriginOptions> origin)
    {
        Publish(http);
        return Results.Json(
            new Dictionary<string, object>
            {
                ["resource"] = origin.Value.Issuer(),
                ["authorization_servers"] = new[] { origin.Value.Issuer() },
                ["scopes_supported"] = new[] { SignalScopes.Read, SignalScopes.Manage },
                ["bearer_methods_supported"] = BearerMethods,
            }
        );
    }

    private static void Publish(HttpContext http) => http.Response.Headers.CacheControl = "public, max-age=60";
}
