using IdentityProvider.Data;
using IdentityProvider.Keys;
using IdentityProvider.OpenId;
using IdentityProvider.Tests.OpenId;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Tokens;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Keys;

/// <summary>Keys are shared by nodes, published before use, and kept until their tokens have died.</summary>
public sealed class KeyRotationTests
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

        await idp.Host.InScopeAsync(p => p.GetRequiredService<KeyRotation>().ForceAsync(Cancelled));
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
    public async Task Nodes_that_rotate_at_once_make_one_key_and_no_row_shows_a_private_part(
        DatabaseProvider provider
    )
    {
        await using var idp = await OpenIdHost.StartAsync(
            provider,
            settings: [("Keys:PublishBefore", "00:02:00")]
        );

        await AtOnce.RunAsync(
            6,
            _ =>
                idp.Host.InScopeAsync(p =>
                    p.GetRequiredService<KeyRotation>().ForceAsync(Cancelled)
                )
        );

        await using var context = idp.Host.Database.OpenContext();
        var keys = await context.Set<ProviderKey>().AsNoTracking().ToListAsync(Cancelled);
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

    private static Task ReloadAsync(ProviderFixture host) =>
        host.Services.GetRequiredService<ProviderRefresh>().RunAsync(Cancelled);

    private static async Task<IList<JsonWebKey>> KeysAsync(OpenIdHost idp) =>
        new JsonWebKeySet(await idp.Http.GetStringAsync("/.well-known/jwks", Cancelled)).Keys;
}
