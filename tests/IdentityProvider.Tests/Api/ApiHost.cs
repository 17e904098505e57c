using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using IdentityProvider.Clients;
using IdentityProvider.Data;
using IdentityProvider.Tests.OpenId;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Api;

/// <summary>The real host with a client for every scope, and what they ask of the API over HTTP.</summary>
internal sealed class ApiHost(OpenIdHost idp) : IAsyncDisposable
{
    public const string Everything = "users.read users.recover users.manage audit.read";

    public static readonly string[] Scopes = Everything.Split(' ');

    private readonly Dictionary<string, string> tokens = [];

    public OpenIdHost Idp => idp;

    public ProviderFixture Host => idp.Host;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static Task<ApiHost> StartAsync(DatabaseProvider? provider = null, params (string, string)[] settings) =>
        StartAsync(provider, _ => { }, settings);

    /// <summary>With some services replaced by others.</summary>
    public static async Task<ApiHost> StartAsync(
        DatabaseProvider? provider,
        Action<IServiceCollection> services,
        params (string, string)[] settings
    ) =>
        new(
            await OpenIdHost.StartAsync(
                provider,
                declaration =>
                {
                    var clients = declaration["clients"]!.AsArray();
                    foreach (var clientId in (string[])["desk", "other"])
                    {
                        clients.Add(
                            new JsonObject
                            {
                                ["clientId"] = clientId,
                                ["name"] = "The desk",
                                ["secretHash"] = ClientSecrets.HashGenerated(OpenIdHost.Secret),
                                ["grantTypes"] = new JsonArray("client_credentials"),
                                ["scopes"] = new JsonArray([.. Scopes.Select(s => (JsonNode)s), "orders"]),
                            }
                        );
                    }

                    clients.Add(
                        OpenIdHost.Web(
                            "people",
                            c => c["scopes"] = new JsonArray(["openid", .. Scopes.Select(s => (JsonNode)s)])
                        )
                    );
                },
                [("AccountRecovery:Mfa:RequiredFor", "Nobody"), .. settings],
                services
            )
        );

    public async Task<string> TokenAsync(string scope = Everything, string clientId = "desk")
    {
        if (!tokens.TryGetValue(clientId + scope, out var token))
        {
            var answer = await idp.TokenAsync(
                clientId,
                new() { ["grant_type"] = "client_credentials", ["scope"] = scope }
            );
            Assert.True(answer.Status == 200, answer.Text);
            tokens[clientId + scope] = token = answer.AccessToken;
        }

        return token;
    }

    public async Task<ApiReply> GetAsync(string path, string scope = Everything, string? token = null) =>
        await SendAsync(HttpMethod.Get, path, token: token ?? await TokenAsync(scope));

    public async Task<ApiReply> PostAsync(
        string path,
        object? body = null,
        string scope = Everything,
        string? key = null,
        string? token = null,
        string clientId = "desk"
    ) => await SendAsync(HttpMethod.Post, path, body, token ?? await TokenAsync(scope, clientId), key);

    public async Task<ApiReply> SendAsync(
        HttpMethod method,
        string path,
        object? body = null,
        string? token = null,
        string? key = null,
        string mediaType = "application/json"
    )
    {
        using var request = new HttpRequestMessage(method, "/api/v1" + path);
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        if (body is not null)
        {
            request.Content = new StringContent(
                body as string ?? JsonSerializer.Serialize(body),
                Encoding.UTF8,
                mediaType
            );
        }

        using var answer = await idp.Http.SendAsync(request, Cancelled);
        var text = await answer.Content.ReadAsStringAsync(Cancelled);
        return new(
            (int)answer.StatusCode,
            text,
            answer.Content.Headers.ContentType?.MediaType,
            answer.Headers.ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase)
        );
    }

    public ValueTask DisposeAsync() => idp.DisposeAsync();
}

/// <summary>An answer of the API.</summary>
internal sealed record ApiReply(int Status, string Text, string? MediaType, Dictionary<string, string> Headers)
{
    public JsonElement Json => JsonDocument.Parse(Text).RootElement;

    public string? Code => MediaType == "application/problem+json" ? Json.GetProperty("code").GetString() : null;

    public string[] Pointers =>
        [.. Json.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("pointer").GetString()!)];
}
