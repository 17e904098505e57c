using IdentityProvider.Data;
using IdentityProvider.OpenId;
using IdentityProvider.SigningKeys;
using IdentityProvider.Tests.OpenId;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Tokens;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.SigningKeys;

/// <summary>Keys are shared by nodes, published before use, and kept until their tokens have died.</summary>
public sealed class RotateSigningKeysTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_new_key_is_published_before_it_signs_and_the_old_one_verifies_until_it_is_dropped()
    {
        await using var idp = await OpenIdHost.StartAsync(
            settings: [("Keys:PublishBefore", "00:02:00"), ("Keys:ReloadEvery", "00:01:00")]
        );
        Dictionary<string, string> form = new() { ["grant_type"] = "client_credentials" };
        var old = (await idp.TokenAsync("machine", form)).AccessToken;
        var before = await KeysAsync(idp);
        Assert.Equal(["ES256", "RS256"], before.Select(k => k.Alg).Order(StringComparer.Ordinal));

        await idp.Host.InScopeAsync(p => p.GetRequiredService<RotateSigningKeys>().ForceAsync(Cancelled));
        await ReloadAsync(idp.Host);
        var published = await KeysAsync(idp);
        var still = await idp.VerifyAsync((await idp.TokenAsync("machine", form)).AccessToken);
        Assert.Equal(4, published.Count);
        Assert.Contains(still.Kid, before.Select(k => k.Kid));

        idp.Host.Time.Advance(TimeSpan.FromMinutes(2));
        await ReloadAsync(idp.Host);
        var next = await idp.VerifyAsync((await idp.TokenAsync("machine", form)).AccessToken);
        Assert.DoesNotContain(next.Kid, before.Select(k => k.Kid));
        await idp.VerifyAsync(old);
        Assert.All(await KeysAsync(idp), k => Assert.False(k.HasPrivateKey));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Nodes_that_rotate_at_once_make_one_key_and_no_row_shows_a_private_part(DatabaseProvider provider)
    {
        await using var idp = await OpenIdHost.StartAsync(provider, settings: [("Keys:PublishBefore", "00:02:00")]);

        await AtOnce.RunAsync(
            6,
            _ => idp.Host.InScopeAsync(p => p.GetRequiredService<RotateSigningKeys>().ForceAsync(Cancelled))
        );

        await using var context = idp.Host.Database.OpenContext();
        var keys = await context.Set<SigningKey>().AsNoTracking().ToListAsync(Cancelled);
        foreach (var algorithm in keys.GroupBy(k => k.Algorithm))
        {
            var generations = algorithm.Select(k => k.Generation).Order().ToList();
            Assert.Equal(Enumerable.Range(1, generations.Count), generations);
        }

        foreach (var key in keys)
        {
            var bytes = Convert.FromBase64String(key.ProtectedKey);
            using var ecdsa = System.Security.Cryptography.ECDsa.Create();
            Assert.ThrowsAny<System.Security.Cryptography.CryptographicException>(() =>
                ecdsa.ImportPkcs8PrivateKey(bytes, out var read)
            );
        }
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_replaced_key_is_dropped_when_the_last_of_its_tokens_has_died(DatabaseProvider provider)
    {
        await using var idp = await OpenIdHost.StartAsync(
            provider,
            settings:
            [
                ("Keys:PublishBefore", "00:02:00"),
                ("Keys:KeepFor", "1.00:00:00"),
                ("OpenId:RefreshTokenLifetime", "3.00:00:00"),
                ("Keys:ReloadEvery", "00:01:00"),
            ]
        );
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var request = new CodeRequest { Scope = "openid offline_access" };
        await idp.Host.InScopeAsync(p => p.GetRequiredService<RotateSigningKeys>().ForceAsync(Cancelled));
        idp.Host.Time.Advance(TimeSpan.FromMinutes(1));
        var tokens = await idp.TokensAsync(browser, request);
        var old = (await idp.VerifyAsync(tokens.IdToken)).Kid;
        idp.Host.Time.Advance(TimeSpan.FromDays(3) - TimeSpan.FromMinutes(2));

        await RotateAsync(idp.Host);
        Assert.Contains(old, (await KeysAsync(idp)).Select(k => k.Kid));
        var fresh = await idp.RefreshAsync("app", tokens.RefreshToken);
        Assert.Equal(200, fresh.Status);
        Assert.NotEqual(old, (await idp.VerifyAsync(fresh.IdToken)).Kid);

        idp.Host.Time.Advance(TimeSpan.FromMinutes(4));
        await RotateAsync(idp.Host);
        var left = await KeysAsync(idp);
        Assert.Equal(2, left.Count);
        Assert.DoesNotContain(old, left.Select(k => k.Kid));
        Assert.Equal(200, (await idp.RefreshAsync("app", fresh.RefreshToken)).Status);
        await using var context = idp.Host.Database.OpenContext();
        Assert.Equal([2, 2, 2], await context.Set<SigningKey>().Select(k => k.Generation).ToListAsync(Cancelled));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task When_a_key_takes_over_nodes_that_know_it_later_understand_those_that_know_it(
        DatabaseProvider provider
    )
    {
        (string, string)[] settings = [("Keys:PublishBefore", "00:02:00"), ("Keys:ReloadEvery", "00:01:00")];
        await using var idp = await OpenIdHost.StartAsync(provider, settings: settings);
        await idp.Host.CreateAccountAsync();
        await using var other = await ProviderFixture.StartAsync(
            besides: idp.Host,
            settings: [.. settings, ("OpenId:ClientsFile", ""), ("Origin", idp.Issuer)]
        );
        using var browser = await idp.SignedInAsync();
        await idp.Host.InScopeAsync(p => p.GetRequiredService<RotateSigningKeys>().ForceAsync(Cancelled));
        await ReloadAsync(idp.Host);
        await ReloadAsync(other);
        idp.Host.Time.Advance(TimeSpan.FromMinutes(2) + TimeSpan.FromSeconds(1));

        // Before a reload: the key that signs is of the algorithm that the client asked for.
        var early = await idp.TokensAsync(browser, new() { ClientId = "rsa" });
        Assert.Equal("RS256", (await idp.VerifyAsync(early.IdToken)).Alg);

        await ReloadAsync(idp.Host);
        var request = new CodeRequest { Scope = "openid offline_access" };
        var code = await idp.CodeAsync(browser, request);
        var tokens = await SendToAsync(
            other,
            "/connect/token",
            OpenIdHost.Basic("app", OpenIdHost.Secret),
            OpenIdHost.Form(
                [
                    ("grant_type", "authorization_code"),
                    ("code", code),
                    ("redirect_uri", request.RedirectUri),
                    ("code_verifier", request.Verifier),
                ],
                []
            )
        );
        Assert.Equal(200, tokens.Status);
        var fresh = await idp.RefreshAsync("app", tokens.RefreshToken);
        var info = await SendToAsync(other, "/connect/userinfo", new("Bearer", fresh.AccessToken), []);
        Assert.Equal(200, info.Status);
    }

    private static async Task<Answer> SendToAsync(
        ProviderFixture node,
        string path,
        System.Net.Http.Headers.AuthenticationHeaderValue authorization,
        Dictionary<string, string> form
    )
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(node.Origin, path));
        request.Headers.Authorization = authorization;
        request.Content = new FormUrlEncodedContent(form);
        return await Answer.ReadAsync(await client.SendAsync(request, Cancelled));
    }

    [Fact]
    public async Task A_host_that_slept_past_every_date_still_has_a_key_to_sign_with()
    {
        await using var idp = await OpenIdHost.StartAsync(
            settings:
            [
                ("Keys:UseFor", "1.00:00:00"),
                ("Keys:KeepFor", "1.00:00:00"),
                ("Keys:PublishBefore", "01:00:00"),
                ("Keys:ReloadEvery", "00:01:00"),
                ("OpenId:RefreshTokenLifetime", "01:00:00"),
            ]
        );
        var before = (await KeysAsync(idp)).Select(k => k.Kid).ToList();

        idp.Host.Time.Advance(TimeSpan.FromDays(4));
        await RotateAsync(idp.Host);
        await RotateAsync(idp.Host);

        Assert.Equal(4, (await KeysAsync(idp)).Count);
        var token = await idp.TokenAsync("machine", new() { ["grant_type"] = "client_credentials" });
        Assert.Contains((await idp.VerifyAsync(token.AccessToken)).Kid, before);
    }

    private static async Task RotateAsync(ProviderFixture host)
    {
        await host.InScopeAsync(async p =>
        {
            await p.GetRequiredService<RotateSigningKeys>().RunAsync(Cancelled);
            return 0;
        });
        await ReloadAsync(host);
    }

    private static Task ReloadAsync(ProviderFixture host) =>
        host.Services.GetRequiredService<ProviderRefresh>().RunAsync(Cancelled);

    private static async Task<IList<JsonWebKey>> KeysAsync(OpenIdHost idp) =>
        new JsonWebKeySet(await idp.Http.GetStringAsync("/.well-known/jwks", Cancelled)).Keys;
}
