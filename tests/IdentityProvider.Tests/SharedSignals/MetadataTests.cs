using System.Text.Json;
using Xunit;

namespace IdentityProvider.Tests.SharedSignals;

/// <summary>The transmitter's metadata (requirements 12a and 13; SSF 1.0, 7.1).</summary>
public sealed class MetadataTests
{
    [Fact]
    public async Task The_metadata_names_every_endpoint_under_the_configured_origin()
    {
        await using var host = await SignalHost.StartAsync();

        var answer = await host.SendWithAsync(null, HttpMethod.Get, "/.well-known/ssf-configuration");

        Assert.Equal(200, answer.Status);
        Assert.Equal("application/json", answer.Response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("1_0", answer.Value("spec_version"));
        Assert.Equal(host.Idp.Issuer, answer.Value("issuer"));
        Assert.Equal("ALL", answer.Value("default_subjects"));
        Assert.Equal([SignalHost.Push, SignalHost.Poll], Strings(answer.Json, "delivery_methods_supported"));
        Assert.Equal(["user", "session"], Strings(answer.Json, "critical_subject_members"));
        Assert.Equal(
            "urn:ietf:rfc:6749",
            answer
                .Json.GetProperty("authorization_schemes")
                .EnumerateArray()
                .Single()
                .GetProperty("spec_urn")
                .GetString()
        );
        foreach (
            var endpoint in (string[])
                [
                    "jwks_uri",
                    "configuration_endpoint",
                    "status_endpoint",
                    "add_subject_endpoint",
                    "remove_subject_endpoint",
                    "verification_endpoint",
                ]
        )
        {
            Assert.StartsWith(host.Idp.Issuer, answer.Value(endpoint), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_api_says_which_scopes_it_wants_and_the_provider_offers_them()
    {
        await using var host = await SignalHost.StartAsync();

        var resource = await host.SendWithAsync(null, HttpMethod.Get, "/.well-known/oauth-protected-resource");
        var discovery = await host.SendWithAsync(null, HttpMethod.Get, "/.well-known/openid-configuration");

        var scopes = Strings(resource.Json, "scopes_supported");
        Assert.Equal(["ssf.read", "ssf.manage"], scopes);
        Assert.Equal([host.Idp.Issuer], Strings(resource.Json, "authorization_servers"));
        Assert.Equal(["header"], Strings(resource.Json, "bearer_methods_supported"));
        Assert.Subset(Strings(discovery.Json, "scopes_supported").ToHashSet(), scopes.ToHashSet());
    }

    private static string[] Strings(JsonElement json, string name) =>
        [.. json.GetProperty(name).EnumerateArray().Select(v => v.GetString()!)];
}
