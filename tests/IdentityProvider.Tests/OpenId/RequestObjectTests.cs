using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace IdentityProvider.Tests.OpenId;

/// <summary>Requests that a client has signed (RFC 9101).</summary>
public sealed class RequestObjectTests
{
    private static readonly CodeRequest Signed = new() { ClientId = "signing", Scope = "openid email" };

    [Theory, InlineData(true), InlineData(false)]
    public async Task What_is_signed_is_the_request_and_what_stands_beside_it_is_not_read(bool pushed)
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var request = Signed with { With = [("claims", """{"id_token":{"email":null}}"""), ("max_age", "3600")] };
        (string, string?)[] beside =
        [
            ("scope", "openid phone"),
            ("state", "another"),
            ("redirect_uri", OpenIdHost.OtherCallback),
        ];

        var address = pushed
            ? await PushAsync(idp, Object(idp, request))
            : Address([.. beside, ("request", Object(idp, request))]);
        var answer = idp.Answer(await idp.FollowAsync(browser, await browser.GetAsync(address)));

        Assert.Equal("the-state", answer["state"]);
        var tokens = await RedeemAsync(idp, request, answer["code"]);
        Assert.Equal("openid email", tokens.Value("scope"));
        Assert.Equal("ada@example.test", (await idp.VerifyAsync(tokens.IdToken)).GetClaim("email").Value);
    }

    [Fact]
    public async Task One_that_expires_while_the_person_signs_in_is_still_good_and_cannot_be_begun_with_again()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = idp.Host.NewBrowser();
        var address = Address([("request", Object(idp, Signed))]);

        var signIn = await idp.FollowAsync(browser, await browser.GetAsync(address));
        Assert.Equal("/login", signIn.Address.AbsolutePath);
        idp.Host.Time.Advance(TimeSpan.FromMinutes(6));
        var answer = idp.Answer(await idp.SignInAsync(browser, signIn));
        Assert.Equal(200, (await RedeemAsync(idp, Signed, answer["code"])).Status);

        var late = await idp.FollowAsync(browser, await browser.GetAsync(address));
        Assert.DoesNotContain("code=", late.RedirectsTo ?? "", StringComparison.Ordinal);
    }

    public static TheoryData<string> Bad =>
        [
            "unsigned",
            "hmac",
            "another key",
            "encrypted",
            "expired",
            "lasting",
            "without end",
            "another audience",
            "another issuer",
            "another client",
            "another inside",
            "of nobody",
            "of a client that is no text",
            "an access token's type",
            "half a character",
            "a nameless member",
            "nonsense",
        ];

    [Theory, MemberData(nameof(Bad))]
    public async Task What_is_wrong_with_one_refuses_it_everywhere(string how)
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var good = Object(idp, Signed);
        var request = how switch
        {
            "unsigned" => $"{Base64UrlEncoder.Encode("""{"alg":"none"}""")}.{good.Split('.')[1]}.",
            "hmac" => Object(idp, Signed, signer: new(new SymmetricSecurityKey(new byte[32]), "HS256")),
            "another key" => Object(idp, Signed, signer: new(new ECDsaSecurityKey(stranger), "ES256")),
            "encrypted" => "a.b.c.d.e",
            "expired" => Object(idp, Signed, with: o => o["exp"] = Seconds(idp, -1)),
            "lasting" => Object(idp, Signed, with: o => o["exp"] = Seconds(idp, 3700)),
            "without end" => Object(idp, Signed, with: o => o.Remove("exp")),
            "another audience" => Object(idp, Signed, with: o => o["aud"] = "https://other.example.test"),
            "another issuer" => Object(idp, Signed, with: o => o["iss"] = "app"),
            "another client" => Object(idp, Signed, with: o => o["client_id"] = "app"),
            "another inside" => Object(idp, Signed, with: o => o["request_uri"] = "urn:example:x"),
            "of nobody" => Object(idp, Signed, with: o => _ = o.Remove("iss") && o.Remove("client_id")),
            "of a client that is no text" => Object(idp, Signed, with: o => o["client_id"] = 7),
            "half a character" => Object(idp, Signed, with: o => o["state"] = "HALF"),
            "a nameless member" => Object(idp, Signed, with: o => o[""] = 1),
            "an access token's type" => Object(idp, Signed, type: "at+jwt"),
            _ => "nonsense",
        };

        var direct = await browser.GetAsync(
            Address([("redirect_uri", OpenIdHost.Callback), ("state", "s"), ("request", request)])
        );
        var answer = idp.Answer(direct);
        Assert.Equal("invalid_request_object", answer["error"]);
        Assert.Equal("s", answer["state"]);
        Assert.Equal("invalid_request_object", (await PostAsync(idp, request)).Error);
    }

    [Fact]
    public async Task It_may_say_whose_it_is_by_the_client_inside()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();

        var address = Address([("request", Object(idp, Signed, with: o => o.Remove("iss")))]);

        Assert.Contains("code", idp.Answer(await browser.GetAsync(address)).Keys);
    }

    [Fact]
    public async Task An_expired_one_is_not_brought_back_to_life_by_a_reference()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var expired = Object(idp, Signed, with: o => o["exp"] = Seconds(idp, -1));

        // A logout takes any request in its address, and keeps a long one.
        var kept = await browser.GetAsync(
            QueryHelpers.AddQueryString(
                "/connect/logout",
                new Dictionary<string, string?>
                {
                    ["client_id"] = "signing",
                    ["request"] = expired,
                    ["state"] = new string('s', 1500),
                }
            )
        );
        var reference = new Uri(kept.RedirectsTo!).Query;
        Assert.Contains("idp_request=", reference, StringComparison.Ordinal);
        Assert.Equal(400, (int)(await browser.GetAsync("/connect/authorize" + reference)).Status);

        // Nor does a reference beside it help.
        using var signedOut = idp.Host.NewBrowser();
        var signIn = await idp.FollowAsync(
            signedOut,
            await signedOut.GetAsync(Address([("request", Object(idp, Signed))]))
        );
        var living = QueryHelpers.ParseQuery(
            new Uri(idp.Host.Origin, QueryHelpers.ParseQuery(signIn.Address.Query)["returnUrl"]!).Query
        )["idp_request"];
        var pushed = await idp.PostAsync(
            "/connect/par?idp_request=" + living,
            "signing",
            OpenIdHost.Form([("client_id", "signing"), ("request", expired)], Proof(idp))
        );
        Assert.Equal("invalid_request_object", pushed.Error);
    }

    [Fact]
    public async Task Who_is_signed_in_takes_no_place_of_those_who_are_not()
    {
        await using var idp = await OpenIdHost.StartAsync(settings: [("OpenId:KeptPerNetwork", "12")]);
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();

        for (var i = 0; i < 14; i++)
        {
            var answer = idp.Answer(await browser.GetAsync(Address([("request", Object(idp, Signed))])));
            Assert.Contains("code", answer.Keys);
        }
    }

    [Fact]
    public async Task Who_cannot_sign_takes_no_place_of_those_who_can()
    {
        await using var idp = await OpenIdHost.StartAsync(settings: [("OpenId:KeptPerNetwork", "12")]);
        await idp.Host.CreateAccountAsync();
        using var stranger = idp.Host.NewBrowser();
        var full = new CodeRequest { With = [("padding", new string('p', 1500))] };
        for (var i = 0; i < 12; i++)
        {
            Assert.Equal(303, (int)(await stranger.GetAsync(full.Address)).Status);
        }

        Assert.Equal(429, (int)(await stranger.GetAsync(full.Address)).Status);
        var signIn = await idp.FollowAsync(
            stranger,
            await stranger.GetAsync(Address([("request", Object(idp, Signed))]))
        );
        Assert.Equal("/login", signIn.Address.AbsolutePath);
    }

    [Fact]
    public async Task A_client_without_keys_signs_nothing_and_no_address_is_fetched()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var plain = new CodeRequest();

        var signed = plain with { With = [("request", Object(idp, Signed))] };
        Assert.Equal("invalid_request_object", idp.Answer(await idp.AuthorizeAsync(browser, signed))["error"]);
        var elsewhere = plain with { With = [("request_uri", "https://app.example.test/request")] };
        Assert.DoesNotContain(
            "code=",
            (await idp.AuthorizeAsync(browser, elsewhere)).RedirectsTo ?? "",
            StringComparison.Ordinal
        );
        var both = Address([("request", Object(idp, Signed)), ("request_uri", "urn:example:x")]);
        Assert.DoesNotContain("code=", (await browser.GetAsync(both)).RedirectsTo ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_must_sign_is_refused_without()
    {
        await using var idp = await OpenIdHost.StartAsync(declare: d =>
            OpenIdHost.Client(d, "signing")["requireSignedRequestObject"] = true
        );
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();

        foreach (var plain in (CodeRequest[])[Signed, Signed with { With = [("request_uri", ""), ("request", "")] }])
        {
            Assert.Equal("invalid_request", idp.Answer(await idp.AuthorizeAsync(browser, plain))["error"]);
            var pushed = await idp.PostAsync(
                "/connect/par",
                "signing",
                OpenIdHost.Form(plain.Parameters.Select(p => (p.Key, (string?)p.Value)), Proof(idp))
            );
            Assert.Equal("invalid_request", pushed.Error);
        }

        foreach (
            var address in (string[])
                [Address([("request", Object(idp, Signed))]), await PushAsync(idp, Object(idp, Signed))]
        )
        {
            var answer = idp.Answer(await idp.FollowAsync(browser, await browser.GetAsync(address)));
            Assert.Equal(200, (await RedeemAsync(idp, Signed, answer["code"])).Status);
        }
    }

    private static string Address((string Name, string? Value)[] parameters) =>
        QueryHelpers.AddQueryString(
            "/connect/authorize",
            parameters.Prepend(("client_id", "signing")).Select(p => KeyValuePair.Create(p.Item1, p.Item2))
        );

    private static async Task<string> PushAsync(OpenIdHost idp, string request)
    {
        var pushed = await PostAsync(idp, request);
        Assert.True(pushed.Status == 201, pushed.Text);
        return Address([("request_uri", pushed.Value("request_uri"))]);
    }

    private static Task<Answer> PostAsync(OpenIdHost idp, string request) =>
        idp.PostAsync(
            "/connect/par",
            "signing",
            OpenIdHost.Form([("client_id", "signing"), ("request", request)], Proof(idp))
        );

    private static Task<Answer> RedeemAsync(OpenIdHost idp, CodeRequest request, string code) =>
        idp.RedeemAsync(request, code, Proof(idp));

    private static (string, string?)[] Proof(OpenIdHost idp) =>
        [
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", idp.Assertion()),
        ];

    private static long Seconds(OpenIdHost idp, int fromNow) => idp.Host.Time.GetUtcNow().ToUnixTimeSeconds() + fromNow;

    private static string Object(
        OpenIdHost idp,
        CodeRequest request,
        Action<JsonObject>? with = null,
        SigningCredentials? signer = null,
        string type = "oauth-authz-req+jwt"
    )
    {
        var payload = new JsonObject
        {
            ["iss"] = "signing",
            ["aud"] = idp.Issuer,
            ["exp"] = Seconds(idp, 300),
        };
        foreach (var (name, value) in request.Parameters)
        {
            payload[name] = name switch
            {
                "claims" => JsonNode.Parse(value),
                "max_age" => int.Parse(value, System.Globalization.CultureInfo.InvariantCulture),
                _ => value,
            };
        }

        with?.Invoke(payload);
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(
            payload.ToJsonString().Replace("HALF", "\\ud800", StringComparison.Ordinal),
            signer ?? new(new ECDsaSecurityKey(OpenIdHost.ClientKey) { KeyId = "client-key" }, "ES256"),
            new Dictionary<string, object> { ["typ"] = type }
        );
    }
}
