using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using IdentityProvider.Data;
using IdP.Recovery;
using Microsoft.IdentityModel.Tokens;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.OpenId;

/// <summary>How applications prove who they are, and PKCE (requirement 11).</summary>
public sealed class ClientAuthenticationTests
{
    private const string JwtBearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

    [Fact]
    public async Task A_secret_may_come_in_the_header_or_in_the_body_and_must_be_right()
    {
        await using var idp = await OpenIdHost.StartAsync();
        Dictionary<string, string> form = new() { ["grant_type"] = "client_credentials" };

        Assert.Equal(200, (await idp.TokenAsync("machine", form)).Status);
        var body = new Dictionary<string, string>(form)
        {
            ["client_id"] = "machine",
            ["client_secret"] = OpenIdHost.Secret,
        };
        Assert.Equal(200, (await idp.TokenAsync("machine", body)).Status);
        body["client_secret"] = Secrets.NewToken();
        Assert.Equal("invalid_client", (await idp.TokenAsync("machine", body)).Error);
        body["client_secret"] = "short";
        Assert.Equal("invalid_client", (await idp.TokenAsync("machine", body)).Error);
        using var wrong = new HttpRequestMessage(HttpMethod.Post, "/connect/token")
        {
            Content = new FormUrlEncodedContent(form),
        };
        wrong.Headers.Authorization = OpenIdHost.Basic("machine", "wrong");
        var refused = await idp.SendAsync(wrong);
        Assert.Equal(401, refused.Status);
        Assert.NotEmpty(refused.Response.Headers.WwwAuthenticate);
        Assert.Equal(401, (await idp.TokenAsync("nobody", form)).Status);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_signed_assertion_is_taken_once(DatabaseProvider provider)
    {
        await using var idp = await OpenIdHost.StartAsync(provider);
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var request = new CodeRequest { ClientId = "signing" };
        var assertion = idp.Assertion();

        var first = await RedeemAsync(idp, request, await idp.CodeAsync(browser, request), assertion);
        var replayed = await RedeemAsync(idp, request, await idp.CodeAsync(browser, request), assertion);

        Assert.Equal(200, first.Status);
        Assert.Equal("invalid_client", replayed.Error);
        var another = idp.Assertion();
        var code = await idp.CodeAsync(browser, request);
        var atOnce = await AtOnce.RunAsync(6, _ => RedeemAsync(idp, request, code, another));
        Assert.True(atOnce.Count(a => a.Status == 200) <= 1);
        Assert.True(
            atOnce.Count(a => a.Status == 200 || a.Error == "invalid_grant") <= 1,
            string.Join('\n', atOnce.Select(a => $"{a.Status} {a.Text}"))
        );
    }

    [Fact]
    public async Task An_assertion_must_be_for_us_fresh_and_signed_by_the_clients_key()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CodeRequest { ClientId = "signing" };
        var code = await idp.CodeAsync(browser, request);

        foreach (
            var wrong in (string[])
                [
                    idp.Assertion(audience: "https://other.example.test/"),
                    idp.Assertion(expires: TimeSpan.FromMinutes(-10)),
                    idp.Assertion(expires: TimeSpan.FromDays(2)),
                    idp.Assertion(key: stranger),
                    idp.Assertion(clientId: "app"),
                    "nothing",
                ]
        )
        {
            var refused = await RedeemAsync(idp, request, code, wrong);
            Assert.True(refused.Status is 400 or 401, refused.Text);
            Assert.Null(refused.Find("access_token"));
        }

        Assert.Equal(200, (await RedeemAsync(idp, request, code, idp.Assertion())).Status);
        Assert.Equal("invalid_client", (await idp.RedeemAsync(request, await idp.CodeAsync(browser, request))).Error);
    }

    [Theory]
    [InlineData(null, "issuer")]
    [InlineData("JWT", "issuer")]
    [InlineData("jwt", "issuer")]
    [InlineData("client-authentication+jwt", "issuer")]
    [InlineData("CLIENT-AUTHENTICATION+JWT", "issuer")]
    [InlineData("application/client-authentication+jwt", "issuer")]
    [InlineData(null, "issuer with a slash")]
    [InlineData(null, "token endpoint")]
    [InlineData(null, "array")]
    [InlineData("JWT", "endpoint called")]
    public async Task An_assertion_is_taken_as_real_clients_send_it(string? type, string audience)
    {
        await using var idp = await OpenIdHost.StartAsync();
        var (issuer, token) = (idp.Issuer, idp.Issuer.TrimEnd('/') + "/connect/token");
        object aud = audience switch
        {
            "issuer with a slash" => issuer + "/",
            "token endpoint" => token,
            "endpoint called" => idp.Issuer.TrimEnd('/') + "/connect/par",
            "array" => (string[])["https://other.example.test/", token],
            _ => issuer,
        };

        var answer = await PushAsync(idp, Signed(idp, type, aud));

        Assert.True(answer.Status == 201, answer.Text);
    }

    [Theory]
    [InlineData("at+jwt", "issuer")]
    [InlineData("logout+jwt", "issuer")]
    [InlineData("JWT", "another endpoint")]
    [InlineData("JWT", "array of others")]
    [InlineData(null, "none")]
    public async Task An_assertion_for_something_else_is_refused(string? type, string audience)
    {
        await using var idp = await OpenIdHost.StartAsync();
        object? aud = audience switch
        {
            "another endpoint" => idp.Issuer.TrimEnd('/') + "/connect/revoke",
            "array of others" => (string[])["https://other.example.test/", idp.Issuer + "x"],
            "none" => null,
            _ => idp.Issuer,
        };

        var answer = await PushAsync(idp, Signed(idp, type, aud));

        Assert.True(answer.Status is 400 or 401, answer.Text);
        Assert.Null(answer.Find("request_uri"));
    }

    [Theory]
    [InlineData("jti", null)]
    [InlineData("exp", null)]
    [InlineData("iss", null)]
    [InlineData("sub", null)]
    [InlineData("iss", "app")]
    [InlineData("sub", "app")]
    public async Task An_assertion_without_what_makes_it_the_clients_own_and_its_only_one_is_refused(
        string claim,
        string? instead
    )
    {
        await using var idp = await OpenIdHost.StartAsync();

        var answer = await PushAsync(idp, Signed(idp, "JWT", idp.Issuer, (claim, instead)));

        Assert.True(answer.Status is 400 or 401, answer.Text);
        Assert.Null(answer.Find("request_uri"));
        Assert.Equal(201, (await PushAsync(idp, Signed(idp, "JWT", idp.Issuer))).Status);
    }

    [Fact]
    public async Task Pkce_is_required_by_s256_and_checked()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var request = new CodeRequest();

        var none = await idp.AuthorizeAsync(browser, request with { Verifier = null });
        Assert.Equal("invalid_request", idp.Answer(none)["error"]);
        var plain = await idp.AuthorizeAsync(browser, request with { With = [("code_challenge_method", "plain")] });
        Assert.Equal("invalid_request", idp.Answer(plain)["error"]);
        var unnamed = await idp.AuthorizeAsync(browser, request with { With = [("code_challenge_method", null)] });
        Assert.Equal("invalid_request", idp.Answer(unnamed)["error"]);
        var wrong = await idp.RedeemAsync(
            request,
            await idp.CodeAsync(browser, request),
            ("code_verifier", Secrets.NewToken())
        );
        Assert.Equal("invalid_grant", wrong.Error);
        var missing = await idp.RedeemAsync(request, await idp.CodeAsync(browser, request), ("code_verifier", null));
        Assert.True(missing.Error is "invalid_grant" or "invalid_request", missing.Text);
        var native = new CodeRequest
        {
            ClientId = "native",
            RedirectUri = "http://127.0.0.1:51234/callback",
            Verifier = null,
        };
        Assert.Equal("invalid_request", idp.Answer(await idp.AuthorizeAsync(browser, native))["error"]);
    }

    [Fact]
    public async Task A_client_declared_without_pkce_needs_no_nonce_and_may_bring_no_verifier_later()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var request = new CodeRequest { ClientId = "without-pkce", Verifier = null };

        Assert.Equal(200, (await idp.RedeemAsync(request, await idp.CodeAsync(browser, request))).Status);
        var bare = request with { With = [("nonce", null)] };
        var answer = await idp.RedeemAsync(bare, await idp.CodeAsync(browser, bare));
        Assert.DoesNotContain("nonce", (await idp.VerifyAsync(answer.IdToken)).Claims.Select(c => c.Type));
        var late = await idp.RedeemAsync(
            request,
            await idp.CodeAsync(browser, request),
            ("code_verifier", Secrets.NewToken())
        );
        Assert.True(late.Error is "invalid_grant" or "invalid_request", late.Text);
        var protectedCode = request with { Verifier = Secrets.NewToken() };
        var dropped = await idp.RedeemAsync(request, await idp.CodeAsync(browser, protectedCode));
        Assert.True(dropped.Error is "invalid_grant" or "invalid_request", dropped.Text);
    }

    [Fact]
    public async Task There_is_no_password_grant_and_no_grant_that_a_client_was_not_given()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();

        var password = await idp.TokenAsync(
            "app",
            new()
            {
                ["grant_type"] = "password",
                ["username"] = "ada@example.test",
                ["password"] = ProviderFixture.GoodPassword,
            }
        );
        Assert.Equal("unsupported_grant_type", password.Error);
        var own = await idp.TokenAsync("app", new() { ["grant_type"] = "client_credentials" });
        Assert.Equal("unauthorized_client", own.Error);
        var more = await idp.TokenAsync(
            "orders-api",
            new() { ["grant_type"] = "client_credentials", ["scope"] = "orders" }
        );
        Assert.Equal("invalid_scope", more.Error);
    }

    private static Task<Answer> RedeemAsync(OpenIdHost idp, CodeRequest request, string code, string assertion) =>
        idp.RedeemAsync(request, code, ("client_assertion_type", JwtBearer), ("client_assertion", assertion));

    private static Task<Answer> PushAsync(OpenIdHost idp, string assertion) =>
        idp.PostAsync(
            "/connect/par",
            "signing",
            new()
            {
                ["client_id"] = "signing",
                ["client_assertion"] = assertion,
                ["client_assertion_type"] = JwtBearer,
                ["response_type"] = "code",
                ["redirect_uri"] = OpenIdHost.Callback,
                ["scope"] = "openid",
                ["code_challenge"] = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
                ["code_challenge_method"] = "S256",
            }
        );

    // As a client writes it that has its own idea of the header.
    private static string Signed(
        OpenIdHost idp,
        string? type,
        object? audience,
        (string Claim, string? Value)? change = null
    )
    {
        var now = idp.Host.Time.GetUtcNow();
        var header = new Dictionary<string, object> { ["alg"] = "ES256", ["kid"] = "client-key" };
        if (type is not null)
        {
            header["typ"] = type;
        }

        var payload = new Dictionary<string, object>
        {
            ["iss"] = "signing",
            ["sub"] = "signing",
            ["jti"] = Secrets.NewToken(),
            ["iat"] = now.ToUnixTimeSeconds(),
            ["exp"] = now.AddMinutes(1).ToUnixTimeSeconds(),
        };
        if (audience is not null)
        {
            payload["aud"] = audience;
        }

        if (change is var (claim, value))
        {
            payload.Remove(claim);
            if (value is not null)
            {
                payload[claim] = value;
            }
        }

        var text = $"{Part(header)}.{Part(payload)}";
        var signature = OpenIdHost.ClientKey.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256);
        return $"{text}.{Base64UrlEncoder.Encode(signature)}";

        static string Part(object value) => Base64UrlEncoder.Encode(JsonSerializer.SerializeToUtf8Bytes(value));
    }
}
