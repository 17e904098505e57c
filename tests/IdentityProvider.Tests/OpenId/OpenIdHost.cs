using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using IdentityProvider.Clients;
using IdentityProvider.Data;
using IdP.Recovery;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.OpenId;

/// <summary>The real host with a clients file of the tests' own, and what an application does with it over HTTP.</summary>
internal sealed class OpenIdHost : IAsyncDisposable
{
    public const string Callback = "https://app.example.test/callback";
    public const string OtherCallback = "https://app.example.test/other?kept=yes";
    public const string SignedOut = "https://app.example.test/signed-out";
    public const string Everything = "openid profile email address phone offline_access";

    public static readonly string Secret = Secrets.NewToken();
    public static readonly ECDsa ClientKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private readonly string? file;

    private OpenIdHost(ProviderFixture host, string? file)
    {
        Host = host;
        this.file = file;
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
        {
            BaseAddress = host.Origin,
        };
    }

    public ProviderFixture Host { get; }

    /// <summary>An application's own connection, without cookies.</summary>
    public HttpClient Http { get; }

    public string Issuer => Host.Origin.AbsoluteUri.TrimEnd('/');

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static async Task<OpenIdHost> StartAsync(
        DatabaseProvider? provider = null,
        Action<JsonObject>? declare = null,
        IEnumerable<(string, string)>? settings = null,
        Action<IServiceCollection>? services = null,
        TestDatabase? on = null
    )
    {
        var file = Path.Combine(Path.GetTempPath(), "idp-clients-" + Path.GetRandomFileName() + ".json");
        var declaration = Declaration();
        declare?.Invoke(declaration);
        await File.WriteAllTextAsync(file, declaration.ToJsonString(), Cancelled);
        var host = await ProviderFixture.StartAsync(
            provider,
            [("OpenId:ClientsFile", file), .. settings ?? []],
            services: services,
            on: on
        );
        return new(host, file);
    }

    /// <summary>One more node of the same provider, with its database, its clock and its origin.</summary>
    public async Task<OpenIdHost> NodeBesidesAsync() =>
        new(
            await ProviderFixture.StartAsync(
                settings: [("Origin", Host.Origin.ToString()), ("OpenId:ClientsFile", "")],
                besides: Host
            ),
            file: null
        );

    public static JsonObject Declaration() =>
        new()
        {
            ["scopes"] = new JsonArray(
                new JsonObject
                {
                    ["name"] = "orders",
                    ["displayName"] = "See your orders",
                    ["resources"] = new JsonArray("orders-api"),
                }
            ),
            ["clients"] = new JsonArray(
                Web("app"),
                Web("rsa", c => c["accessTokenSigningAlg"] = "RS256"),
                Web("ec", c => c["idTokenSigningAlg"] = "ES256"),
                Web("third", c => c["thirdParty"] = true),
                Web("without-pkce", c => c["requirePkce"] = false),
                Web("pushing", c => c["requirePar"] = true),
                Web(
                    "signing",
                    c =>
                    {
                        c.Remove("secretHash");
                        c["jwks"] = new JsonObject { ["keys"] = new JsonArray(PublicJwk()) };
                    }
                ),
                new JsonObject
                {
                    ["clientId"] = "native",
                    ["name"] = "A native app",
                    ["type"] = "public",
                    ["redirectUris"] = new JsonArray("http://127.0.0.1/callback"),
                    ["postLogoutRedirectUris"] = new JsonArray("http://127.0.0.1/signed-out"),
                    ["grantTypes"] = new JsonArray("authorization_code", "refresh_token"),
                    ["scopes"] = new JsonArray("openid", "profile", "email", "offline_access"),
                },
                new JsonObject
                {
                    ["clientId"] = "tv",
                    ["name"] = "A television",
                    ["type"] = "public",
                    ["grantTypes"] = new JsonArray("device_code", "refresh_token"),
                    ["scopes"] = new JsonArray("openid", "profile", "offline_access"),
                },
                new JsonObject
                {
                    ["clientId"] = "machine",
                    ["name"] = "A machine",
                    ["secretHash"] = ClientSecrets.HashGenerated(Secret),
                    ["grantTypes"] = new JsonArray("client_credentials"),
                    ["scopes"] = new JsonArray("orders"),
                },
                new JsonObject
                {
                    ["clientId"] = "orders-api",
                    ["name"] = "The API of orders",
                    ["secretHash"] = ClientSecrets.HashGenerated(Secret),
                    ["grantTypes"] = new JsonArray("client_credentials"),
                }
            ),
        };

    /// <summary>Declares one more client, or changes one that is there.</summary>
    public static JsonObject Client(JsonObject declaration, string clientId) =>
        declaration["clients"]!
            .AsArray()
            .Select(c => c!.AsObject())
            .Single(c => c["clientId"]!.GetValue<string>() == clientId);

    public static JsonObject Web(string clientId, Action<JsonObject>? with = null)
    {
        var client = new JsonObject
        {
            ["clientId"] = clientId,
            ["name"] = "The application " + clientId,
            ["secretHash"] = ClientSecrets.HashGenerated(Secret),
            ["redirectUris"] = new JsonArray(Callback, OtherCallback),
            ["postLogoutRedirectUris"] = new JsonArray(SignedOut),
            ["grantTypes"] = new JsonArray("authorization_code", "refresh_token"),
            ["scopes"] = new JsonArray("openid", "profile", "email", "address", "phone", "offline_access", "orders"),
        };
        with?.Invoke(client);
        return client;
    }

    /// <summary>A browser that has signed in at the provider's own page.</summary>
    public async Task<TestBrowser> SignedInAsync(string email = "ada@example.test")
    {
        var browser = Host.NewBrowser();
        await SignInAsync(browser, await browser.GetAsync("/login"), email);
        return browser;
    }

    public async Task<TestPage> SignInAsync(
        TestBrowser browser,
        TestPage page,
        string email = "ada@example.test",
        string password = ProviderFixture.GoodPassword
    )
    {
        var answer = await browser.SubmitAsync(page, ("Email", email), ("Password", password));
        Assert.Equal(303, (int)answer.Status);
        return await FollowAsync(browser, answer);
    }

    /// <summary>Goes where redirects lead, but not to an application.</summary>
    public async Task<TestPage> FollowAsync(TestBrowser browser, TestPage page)
    {
        for (var i = 0; page.RedirectsTo is { } next && IsOurs(next); i++)
        {
            Assert.True(i < 10, $"Redirects without end, last to {next}");
            Assert.Equal(303, (int)page.Status);
            page = await browser.GetAsync(next);
        }

        return page;
    }

    public bool IsOurs(string address) => new Uri(Host.Origin, address).Authority == Host.Origin.Authority;

    public async Task<TestPage> AuthorizeAsync(TestBrowser browser, CodeRequest request) =>
        await FollowAsync(browser, await browser.GetAsync(request.Address));

    /// <summary>The parameters with which a browser is sent back to the application.</summary>
    public Dictionary<string, string> Answer(TestPage page)
    {
        Assert.True(page.RedirectsTo is not null, $"{page.Status}: {page.Text}");
        Assert.False(IsOurs(page.RedirectsTo), page.RedirectsTo);
        var uri = new Uri(page.RedirectsTo);
        return QueryHelpers
            .ParseQuery(uri.Fragment is { Length: > 1 } fragment ? fragment[1..] : uri.Query)
            .ToDictionary(p => p.Key, p => Assert.Single(p.Value.ToArray())!);
    }

    public async Task<string> CodeAsync(TestBrowser browser, CodeRequest request)
    {
        var answer = Answer(await AuthorizeAsync(browser, request));
        Assert.True(answer.ContainsKey("code"), string.Join(' ', answer));
        return answer["code"];
    }

    /// <summary>Code and tokens for a person who is signed in.</summary>
    public async Task<Answer> TokensAsync(TestBrowser browser, CodeRequest request)
    {
        var answer = await RedeemAsync(request, await CodeAsync(browser, request));
        Assert.Equal(200, answer.Status);
        return answer;
    }

    public Task<Answer> RedeemAsync(CodeRequest request, string code, params (string, string?)[] changes) =>
        TokenAsync(
            request.ClientId,
            Form(
                [
                    ("grant_type", "authorization_code"),
                    ("code", code),
                    ("redirect_uri", request.RedirectUri),
                    ("code_verifier", request.Verifier),
                ],
                changes
            )
        );

    public Task<Answer> RefreshAsync(string clientId, string token, params (string, string?)[] changes) =>
        TokenAsync(clientId, Form([("grant_type", "refresh_token"), ("refresh_token", token)], changes));

    public Task<Answer> TokenAsync(string clientId, Dictionary<string, string> form) =>
        PostAsync("/connect/token", clientId, form);

    /// <summary>Posts as a client with its secret in the header; a public client names itself in the body.</summary>
    public async Task<Answer> PostAsync(string path, string clientId, Dictionary<string, string> form)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path);
        if (clientId is "native" or "tv")
        {
            form = new(form) { ["client_id"] = clientId };
        }
        else if (!form.ContainsKey("client_secret") && !form.ContainsKey("client_assertion"))
        {
            request.Headers.Authorization = Basic(clientId, Secret);
        }

        request.Content = new FormUrlEncodedContent(form);
        return await SendAsync(request);
    }

    public async Task<Answer> SendAsync(HttpRequestMessage request) =>
        await OpenId.Answer.ReadAsync(await Http.SendAsync(request, Cancelled));

    public async Task<Answer> UserInfoAsync(string accessToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/connect/userinfo");
        request.Headers.Authorization = new("Bearer", accessToken);
        return await SendAsync(request);
    }

    public Task<Answer> IntrospectAsync(string clientId, string token) =>
        PostAsync("/connect/introspect", clientId, new() { ["token"] = token });

    /// <summary>Reads a token and checks its signature by the published keys.</summary>
    public async Task<JsonWebToken> VerifyAsync(string token, string? audience = null)
    {
        var keys = new JsonWebKeySet(await Http.GetStringAsync("/.well-known/jwks", Cancelled));
        var result = await new JsonWebTokenHandler().ValidateTokenAsync(
            token,
            new TokenValidationParameters
            {
                ValidIssuer = Issuer,
                ValidAudience = audience,
                ValidateAudience = audience is not null,
                IssuerSigningKeys = keys.GetSigningKeys(),
                LifetimeValidator = (from, to, _, _) => to > Host.Time.GetUtcNow().UtcDateTime,
            }
        );
        Assert.True(result.IsValid, result.Exception?.ToString());
        return (JsonWebToken)result.SecurityToken;
    }

    /// <summary>A <c>private_key_jwt</c> assertion.</summary>
    public string Assertion(
        string? audience = null,
        TimeSpan? expires = null,
        string? jti = null,
        ECDsa? key = null,
        string clientId = "signing"
    ) =>
        new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(
            new SecurityTokenDescriptor
            {
                TokenType = "client-authentication+jwt",
                Issuer = clientId,
                Audience = audience ?? Issuer,
                IssuedAt = Host.Time.GetUtcNow().UtcDateTime,
                Expires = (Host.Time.GetUtcNow() + (expires ?? TimeSpan.FromMinutes(1))).UtcDateTime,
                Claims = new Dictionary<string, object> { ["sub"] = clientId, ["jti"] = jti ?? Secrets.NewToken() },
                SigningCredentials = new(new ECDsaSecurityKey(key ?? ClientKey) { KeyId = "client-key" }, "ES256"),
            }
        );

    public static AuthenticationHeaderValue Basic(string clientId, string secret) =>
        new(
            "Basic",
            Convert.ToBase64String(
                Encoding.UTF8.GetBytes($"{Uri.EscapeDataString(clientId)}:{Uri.EscapeDataString(secret)}")
            )
        );

    public static Dictionary<string, string> Form(
        IEnumerable<(string Name, string? Value)> values,
        IEnumerable<(string Name, string? Value)> changes
    ) =>
        values
            .Concat(changes)
            .GroupBy(v => v.Name)
            .Select(g => g.Last())
            .Where(v => v.Value is not null)
            .ToDictionary(v => v.Name, v => v.Value!);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Host.DisposeAsync();
        if (file is not null)
        {
            File.Delete(file);
        }
    }

    private static JsonNode PublicJwk()
    {
        var point = ClientKey.ExportParameters(includePrivateParameters: false).Q;
        return new JsonObject
        {
            ["kid"] = "client-key",
            ["kty"] = "EC",
            ["crv"] = "P-256",
            ["use"] = "sig",
            ["alg"] = "ES256",
            ["x"] = Base64UrlEncoder.Encode(point.X),
            ["y"] = Base64UrlEncoder.Encode(point.Y),
        };
    }
}
