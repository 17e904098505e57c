using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using IdentityProvider.Clients;
using IdentityProvider.Data;
using IdentityProvider.SharedSignals;
using IdentityProvider.Tests.Mail;
using IdentityProvider.Tests.OpenId;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.SharedSignals;

/// <summary>The real host with two clients that may have streams, and what they do over HTTP.</summary>
internal sealed class SignalHost(OpenIdHost idp) : IAsyncDisposable
{
    public const string Streams = "/ssf/streams";
    public const string Status = "/ssf/status";
    public const string Verify = "/ssf/verify";
    public const string Receiver = "receiver";
    public const string Other = "other";
    public const string Unknown = "0123456789abcdef0123456789abcdef";
    public const string Push = "urn:ietf:rfc:8935";
    public const string Poll = "urn:ietf:rfc:8936";

    private const string Both = "ssf.read ssf.manage";

    public OpenIdHost Idp => idp;

    public ProviderFixture Host => idp.Host;

    public static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static async Task<SignalHost> StartAsync(
        DatabaseProvider? provider = null,
        params (string, string)[] settings
    ) =>
        new(
            await OpenIdHost.StartAsync(
                provider,
                declaration =>
                {
                    foreach (var clientId in (string[])[Receiver, Other])
                    {
                        declaration["clients"]!
                            .AsArray()
                            .Add(
                                new JsonObject
                                {
                                    ["clientId"] = clientId,
                                    ["name"] = "Hears of " + clientId,
                                    ["secretHash"] = ClientSecrets.HashGenerated(OpenIdHost.Secret),
                                    ["grantTypes"] = new JsonArray("client_credentials"),
                                    ["scopes"] = new JsonArray("ssf.read", "ssf.manage", "orders"),
                                }
                            );
                    }
                },
                settings,
                services => services.WithoutScheduler()
            )
        );

    public async Task<string> TokenAsync(string clientId = Receiver, string scope = Both)
    {
        var answer = await idp.TokenAsync(clientId, new() { ["grant_type"] = "client_credentials", ["scope"] = scope });
        Assert.True(answer.Status == 200, answer.Text);
        return answer.AccessToken;
    }

    /// <summary>Asks with a fresh token of a client; <paramref name="body"/> is JSON, or a string as it is.</summary>
    public async Task<Answer> SendAsync(
        HttpMethod method,
        string path,
        object? body = null,
        string clientId = Receiver
    ) => await SendWithAsync(await TokenAsync(clientId), method, path, body);

    public async Task<Answer> SendWithAsync(string? token, HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        if (body is not null)
        {
            request.Content = new StringContent(
                body as string ?? JsonSerializer.Serialize(body),
                Encoding.UTF8,
                "application/json"
            );
        }

        return await idp.SendAsync(request);
    }

    public static string With(string path, string streamId) => $"{path}?stream_id={streamId}";

    /// <summary>Makes a stream that is pushed to an endpoint, or polled; gives its id.</summary>
    public async Task<string> CreateAsync(string? endpoint = null, string[]? events = null, string clientId = Receiver)
    {
        var wish = new JsonObject
        {
            ["delivery"] = endpoint is null
                ? new JsonObject { ["method"] = Poll }
                : new JsonObject
                {
                    ["method"] = Push,
                    ["endpoint_url"] = endpoint,
                    ["authorization_header"] = "Bearer of-the-receiver",
                },
        };
        if (events is not null)
        {
            wish["events_requested"] = new JsonArray([.. events.Select(e => (JsonNode)e)]);
        }

        var answer = await SendAsync(HttpMethod.Post, Streams, wish, clientId);
        Assert.True(answer.Status == 201, answer.Text);
        return answer.Value("stream_id");
    }

    public Task<Answer> SetStatusAsync(string streamId, string status) =>
        SendAsync(HttpMethod.Post, Status, new { stream_id = streamId, status });

    public Task<Answer> VerifyAsync(string streamId, string state = "s1") =>
        SendAsync(HttpMethod.Post, Verify, new { stream_id = streamId, state });

    /// <summary>Polls at once.</summary>
    public async Task<(IReadOnlyList<Set> Sets, bool More)> PollAsync(
        string streamId,
        object? body = null,
        string clientId = Receiver
    )
    {
        await Host.DrainAsync();
        var answer = await SendAsync(
            HttpMethod.Post,
            $"/ssf/poll/{streamId}",
            body ?? new { returnImmediately = true },
            clientId
        );
        Assert.True(answer.Status == 200, answer.Text);
        return await ReadPollAsync(answer);
    }

    public async Task<(IReadOnlyList<Set> Sets, bool More)> ReadPollAsync(Answer answer)
    {
        var sets = new List<Set>();
        foreach (var set in answer.Json.GetProperty("sets").EnumerateObject())
        {
            var read = await ReadAsync(set.Value.GetString()!);
            Assert.Equal(set.Name, read.Id);
            sets.Add(read);
        }

        return (sets, answer.Json.GetProperty("moreAvailable").GetBoolean());
    }

    /// <summary>Reads a token as receivers do: its signature by the keys that the metadata names.</summary>
    public async Task<Set> ReadAsync(string token)
    {
        var metadata = JsonSerializer.Deserialize<JsonElement>(
            await idp.Http.GetStringAsync("/.well-known/ssf-configuration", Cancelled)
        );
        var keys = new JsonWebKeySet(
            await idp.Http.GetStringAsync(metadata.GetProperty("jwks_uri").GetString(), Cancelled)
        );
        var result = await new JsonWebTokenHandler().ValidateTokenAsync(
            token,
            new TokenValidationParameters
            {
                ValidIssuer = metadata.GetProperty("issuer").GetString(),
                ValidateAudience = false,
                ValidTypes = ["secevent+jwt"],
                ValidAlgorithms = ["RS256"],
                RequireExpirationTime = false,
                ValidateLifetime = false,
                IssuerSigningKeys = keys.GetSigningKeys(),
            }
        );
        Assert.True(result.IsValid, result.Exception?.ToString());
        var jwt = (JsonWebToken)result.SecurityToken;
        return new(jwt, JsonSerializer.Deserialize<JsonElement>(Base64UrlEncoder.Decode(jwt.EncodedPayload)));
    }

    /// <summary>Asks for a reset and opens its link.</summary>
    public async Task<TestPage> OpenResetAsync(TestBrowser browser)
    {
        await browser.SubmitAsync(await browser.GetAsync("/reset/user"), ("Email", "ada@example.test"));
        await Host.DrainAsync();
        return await browser.OpenAsync(Host.Mails.Last<RecoveryMail.PasswordResetLink>().Link.ToString());
    }

    public async Task ResetPasswordAsync(string password = ProviderFixture.BetterPassword, TestBrowser? with = null)
    {
        using var browser = Host.NewBrowser();
        var page = await OpenResetAsync(with ?? browser);
        var done = await (with ?? browser).SubmitAsync(page, ("Password", password));
        Assert.Equal(303, (int)done.Status);
    }

    /// <summary>Audits as the parts do that cause it, each event in a transaction of its own.</summary>
    public Task AuditAsync(string accountId, params string[] types) =>
        Host.InScopeAsync(async p =>
        {
            var audit = p.GetRequiredService<AuditLog>();
            foreach (var type in types)
            {
                await p.GetRequiredService<UnitOfWork>()
                    .RunAsync(
                        _ =>
                        {
                            audit.Add(type, accountId, Requester.None);
                            return Task.CompletedTask;
                        },
                        Cancelled
                    );
            }

            return true;
        });

    public Task<List<SignalEvent>> EventsAsync() =>
        Host.InScopeAsync(p =>
            p.GetRequiredService<IdpDbContext>()
                .Set<SignalEvent>()
                .AsNoTracking()
                .OrderBy(e => e.Id)
                .ToListAsync(Cancelled)
        );

    public async ValueTask DisposeAsync() => await idp.DisposeAsync();
}

/// <summary>A security event token whose signature was right.</summary>
internal sealed record Set(JsonWebToken Token, JsonElement Claims)
{
    private JsonProperty Event => Assert.Single(Claims.GetProperty("events").EnumerateObject());

    public string Id => Claims.GetProperty("jti").GetString()!;

    public string Transaction => Claims.GetProperty("txn").GetString()!;

    public string Type => Event.Name;

    public JsonElement Content => Event.Value;

    public JsonElement Subject => Claims.GetProperty("sub_id");
}
