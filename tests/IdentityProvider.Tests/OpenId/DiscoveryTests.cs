using System.Text.Json;
using Xunit;

namespace IdentityProvider.Tests.OpenId;

/// <summary>The Config plan: what the metadata say is what there is (requirement 12a).</summary>
public sealed class DiscoveryTests
{
    [Fact]
    public async Task What_the_first_asker_calls_the_host_is_told_to_nobody()
    {
        await using var idp = await OpenIdHost.StartAsync();
        foreach (
            var address in (string[])["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"]
        )
        {
            using var poisoned = new HttpRequestMessage(HttpMethod.Get, address)
            {
                Headers = { Host = "evil.example.test" },
            };
            poisoned.Headers.Add("X-Forwarded-Host", "evil.example.test");
            var first = await idp.SendAsync(poisoned);
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            var next = await idp.SendAsync(request);

            Assert.Equal(200, first.Status);
            Assert.DoesNotContain("evil", first.Text, StringComparison.Ordinal);
            Assert.Equal(first.Text, next.Text);
        }

        using var device = new HttpRequestMessage(HttpMethod.Post, "/connect/device")
        {
            Headers = { Host = "evil.example.test" },
            Content = new FormUrlEncodedContent([new("client_id", "tv")]),
        };
        var asked = await idp.SendAsync(device);
        Assert.Equal(new Uri(idp.Host.Origin, "device").ToString(), asked.Value("verification_uri"));
    }

    [Fact]
    public async Task A_foreign_host_changes_no_answer_of_any_endpoint()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var owner = await idp.SignedInAsync();
        foreach (var path in Operations.BadInputTests.Paths(idp).Append(new CodeRequest().Address))
        {
            foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Post])
            {
                using var request = new HttpRequestMessage(method, path) { Headers = { Host = "evil.example.test" } };
                request.Headers.Add("X-Forwarded-Host", "evil.example.test");
                request.Headers.Add("Forwarded", "host=evil.example.test");
                var answer = await owner.Client.SendAsync(request, TestContext.Current.CancellationToken);
                var told =
                    $"{answer.Headers} {answer.Content.Headers} {await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}";
                Assert.False(told.Contains("evil.example", StringComparison.Ordinal), $"{method} {path}: {told}");
            }
        }
    }

    [Theory, InlineData("openid-configuration"), InlineData("oauth-authorization-server")]
    public async Task Metadata_say_what_there_is(string document)
    {
        await using var idp = await OpenIdHost.StartAsync();
        var text = await idp.Http.GetStringAsync("/.well-known/" + document, TestContext.Current.CancellationToken);
        using var json = JsonDocument.Parse(text);
        var metadata = json.RootElement;

        Assert.Equal(idp.Issuer, metadata.GetProperty("issuer").GetString());
        foreach (
            var (name, path) in new[]
            {
                ("authorization_endpoint", "connect/authorize"),
                ("token_endpoint", "connect/token"),
                ("userinfo_endpoint", "connect/userinfo"),
                ("pushed_authorization_request_endpoint", "connect/par"),
                ("device_authorization_endpoint", "connect/device"),
                ("introspection_endpoint", "connect/introspect"),
                ("revocation_endpoint", "connect/revoke"),
                ("end_session_endpoint", "connect/logout"),
                ("jwks_uri", ".well-known/jwks"),
            }
        )
        {
            Assert.Equal(new Uri(idp.Host.Origin, path).ToString(), metadata.GetProperty(name).GetString());
        }

        Assert.Equal(["code"], List("response_types_supported"));
        Assert.Equal(["form_post", "query"], List("response_modes_supported"));
        Assert.Equal(["S256"], List("code_challenge_methods_supported"));
        Assert.Equal(["ES256", "RS256"], List("id_token_signing_alg_values_supported"));
        Assert.Equal(["public"], List("subject_types_supported"));
        Assert.Equal(
            ["client_secret_basic", "client_secret_post", "none", "private_key_jwt"],
            List("token_endpoint_auth_methods_supported")
        );
        Assert.Equal(
            [
                "authorization_code",
                "client_credentials",
                "refresh_token",
                "urn:ietf:params:oauth:grant-type:device_code",
            ],
            List("grant_types_supported")
        );
        Assert.Superset(
            new HashSet<string> { "openid", "profile", "email", "address", "phone", "offline_access", "orders" },
            List("scopes_supported").ToHashSet()
        );
        Assert.Superset(
            new HashSet<string> { "sub", "name", "email", "address", "phone_number", "auth_time", "acr", "amr", "sid" },
            List("claims_supported").ToHashSet()
        );
        Assert.Contains("none", List("prompt_values_supported"));
        foreach (
            var yes in (string[])
                [
                    "authorization_response_iss_parameter_supported",
                    "backchannel_logout_supported",
                    "backchannel_logout_session_supported",
                    "frontchannel_logout_supported",
                    "frontchannel_logout_session_supported",
                    "request_parameter_supported",
                    "claims_parameter_supported",
                ]
        )
        {
            Assert.True(metadata.GetProperty(yes).GetBoolean(), yes);
        }

        Assert.Equal(["ES256", "PS256", "RS256"], List("request_object_signing_alg_values_supported"));
        Assert.Equal(["ES256", "PS256", "RS256"], List("token_endpoint_auth_signing_alg_values_supported"));
        foreach (
            var unknown in (string[])
                [
                    "device_authorization_endpoint_auth_methods_supported",
                    "pushed_authorization_request_endpoint_auth_methods_supported",
                ]
        )
        {
            Assert.False(metadata.TryGetProperty(unknown, out _), unknown);
        }

        Assert.False(metadata.GetProperty("request_uri_parameter_supported").GetBoolean());

        IEnumerable<string> List(string name) =>
            metadata.GetProperty(name).EnumerateArray().Select(v => v.GetString()!).Order(StringComparer.Ordinal);
    }
}
