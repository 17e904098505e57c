using IdentityProvider.Data;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.OpenId;

/// <summary>Refresh tokens: their rotation, what a second use means, and what a refresh may ask for.</summary>
public sealed class RefreshTests
{
    private static readonly CodeRequest Offline = new() { Scope = "openid email offline_access" };

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Refresh_tokens_rotate_and_reuse_ends_the_family(DatabaseProvider provider)
    {
        await using var idp = await OpenIdHost.StartAsync(provider);
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var first = await idp.TokensAsync(browser, Offline);

        var second = await idp.RefreshAsync("app", first.RefreshToken);
        Assert.Equal(200, second.Status);
        Assert.NotEqual(first.RefreshToken, second.RefreshToken);
        var third = await idp.RefreshAsync("app", second.RefreshToken);
        Assert.Equal(200, third.Status);
        var before = await idp.VerifyAsync(first.IdToken);
        var after = await idp.VerifyAsync(third.IdToken);
        foreach (var claim in (string[])["sub", "auth_time", "sid", "iss", "aud"])
        {
            Assert.Equal(before.GetClaim(claim).Value, after.GetClaim(claim).Value);
        }

        Assert.Equal("invalid_grant", (await idp.RefreshAsync("rsa", third.RefreshToken)).Error);
        idp.Host.Time.Advance(TimeSpan.FromSeconds(11));
        var reused = await idp.RefreshAsync("app", first.RefreshToken);
        Assert.Equal("invalid_grant", reused.Error);
        Assert.Equal("invalid_grant", (await idp.RefreshAsync("app", third.RefreshToken)).Error);
        Assert.Equal(401, (await idp.UserInfoAsync(third.AccessToken)).Status);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Refreshes_at_once_on_two_nodes_all_go_on_and_a_late_one_ends_them_all(DatabaseProvider provider)
    {
        await using var idp = await OpenIdHost.StartAsync(provider);
        await using var other = await idp.NodeBesidesAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var first = await idp.TokensAsync(browser, Offline);

        var all = await AtOnce.RunAsync(8, i => (i % 2 == 0 ? idp : other).RefreshAsync("app", first.RefreshToken));
        Assert.All(all, a => Assert.True(a.Status == 200, a.Text));
        Assert.Equal(8, all.Select(a => a.RefreshToken).Distinct().Count());
        idp.Host.Time.Advance(TimeSpan.FromSeconds(9));
        var late = await idp.RefreshAsync("app", first.RefreshToken);
        Assert.Equal(200, late.Status);
        var next = new List<Answer>();
        foreach (var branch in all)
        {
            next.Add(await other.RefreshAsync("app", branch.RefreshToken));
        }

        Assert.All(next, a => Assert.Equal(200, a.Status));
        idp.Host.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("invalid_grant", (await idp.RefreshAsync("app", first.RefreshToken)).Error);
        Assert.All(
            await Task.WhenAll(next.Append(late).Select(a => idp.UserInfoAsync(a.AccessToken))),
            a => Assert.Equal(401, a.Status)
        );
        foreach (var branch in next.Append(late))
        {
            Assert.Equal("invalid_grant", (await other.RefreshAsync("app", branch.RefreshToken)).Error);
        }
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_second_use_within_the_leeway_gives_nothing_once_the_grant_has_ended(DatabaseProvider provider)
    {
        await using var idp = await OpenIdHost.StartAsync(provider);
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var first = await idp.TokensAsync(browser, Offline);
        var second = await idp.RefreshAsync("app", first.RefreshToken);
        await idp.PostAsync("/connect/revoke", "app", new() { ["token"] = second.RefreshToken });

        Assert.Equal("invalid_grant", (await idp.RefreshAsync("app", first.RefreshToken)).Error);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Of_many_uses_of_one_token_at_once_one_wins_where_no_refresh_token_is_good_twice(
        DatabaseProvider provider
    )
    {
        await using var idp = await OpenIdHost.StartAsync(
            provider,
            settings: [("OpenId:RefreshTokenReuseLeeway", "00:00:00")]
        );
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var tokens = await idp.TokensAsync(browser, Offline);
        var code = await idp.CodeAsync(browser, Offline);

        var refreshed = await AtOnce.RunAsync(8, _ => idp.RefreshAsync("app", tokens.RefreshToken));
        var redeemed = await AtOnce.RunAsync(8, _ => idp.RedeemAsync(Offline, code));

        Assert.Equal(1, refreshed.Count(a => a.Status == 200));
        Assert.Equal(1, redeemed.Count(a => a.Status == 200));
        Assert.All(refreshed.Concat(redeemed).Where(a => a.Status != 200), a => Assert.Equal("invalid_grant", a.Error));
    }

    [Theory, InlineData("introspect"), InlineData("revoke"), InlineData("redeemed by another")]
    public async Task A_spent_token_that_is_shown_elsewhere_is_refused_and_ends_nothing(string where)
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var first = await idp.TokensAsync(browser, Offline);
        var second = await idp.RefreshAsync("app", first.RefreshToken);
        idp.Host.Time.Advance(TimeSpan.FromMinutes(1));

        foreach (var client in (string[])["app", "rsa"])
        {
            var shown = where switch
            {
                "introspect" => await idp.IntrospectAsync(client, first.RefreshToken),
                "revoke" => await idp.PostAsync("/connect/revoke", client, new() { ["token"] = first.RefreshToken }),
                _ => await idp.RefreshAsync("rsa", first.RefreshToken),
            };
            Assert.Equal(where == "redeemed by another" ? 400 : 200, shown.Status);
            Assert.Equal(where == "introspect" ? "False" : null, shown.Find("active"));
        }

        Assert.Equal(200, (await idp.UserInfoAsync(second.AccessToken)).Status);
        Assert.Equal(200, (await idp.RefreshAsync("app", second.RefreshToken)).Status);
    }

    [Fact]
    public async Task A_spent_code_that_another_application_shows_ends_nothing()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var code = await idp.CodeAsync(browser, Offline);
        var tokens = await idp.RedeemAsync(Offline, code);

        Assert.Equal("invalid_grant", (await idp.RedeemAsync(Offline with { ClientId = "rsa" }, code)).Error);

        Assert.Equal(200, (await idp.RefreshAsync("app", tokens.RefreshToken)).Status);
    }

    [Fact]
    public async Task A_refresh_token_is_short_and_says_nothing()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var tokens = await idp.TokensAsync(browser, Offline with { Scope = OpenIdHost.Everything });

        Assert.InRange(tokens.RefreshToken.Length, 40, 100);
        Assert.DoesNotContain('.', tokens.RefreshToken);
        await using var context = idp.Host.Database.OpenContext();
        Assert.DoesNotContain(
            tokens.RefreshToken,
            context
                .Set<OpenIddict.EntityFrameworkCore.Models.OpenIddictEntityFrameworkCoreToken>()
                .Select(t => t.ReferenceId)
        );
    }

    [Fact]
    public async Task A_refresh_may_ask_for_less_and_the_next_one_for_all_again_but_never_for_more()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var tokens = await idp.TokensAsync(browser, Offline);

        var less = await idp.RefreshAsync("app", tokens.RefreshToken, ("scope", "openid"));
        Assert.Equal(200, less.Status);
        Assert.Null((await idp.UserInfoAsync(less.AccessToken)).Find("email"));
        var all = await idp.RefreshAsync("app", less.RefreshToken);
        Assert.Equal("ada@example.test", (await idp.UserInfoAsync(all.AccessToken)).Value("email"));
        var more = await idp.RefreshAsync("app", all.RefreshToken, ("scope", "openid phone"));
        Assert.Equal(400, more.Status);
        Assert.Equal("invalid_scope", more.Error);
        Assert.Equal(200, (await idp.RefreshAsync("app", all.RefreshToken)).Status);
    }

    [Fact]
    public async Task A_refresh_token_dies_of_disuse()
    {
        await using var idp = await OpenIdHost.StartAsync(settings: [("OpenId:RefreshTokenLifetime", "01:00:00")]);
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var tokens = await idp.TokensAsync(browser, Offline);

        idp.Host.Time.Advance(TimeSpan.FromMinutes(50));
        var kept = await idp.RefreshAsync("app", tokens.RefreshToken);
        Assert.Equal(200, kept.Status);
        idp.Host.Time.Advance(TimeSpan.FromMinutes(61));
        Assert.Equal("invalid_grant", (await idp.RefreshAsync("app", kept.RefreshToken)).Error);
    }
}
