using IdentityProvider.Data;
using IdP.Recovery.Ports;
using IdP.UI.Ports;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.OpenId;

/// <summary>Codes and refresh tokens: what ends them, and what ends with them (requirements 11 and 12a).</summary>
public sealed class GrantTests
{
    private static readonly CodeRequest Offline = new() { Scope = "openid email offline_access" };

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_code_used_twice_takes_back_all_that_it_gave(DatabaseProvider provider)
    {
        foreach (var wait in (int[])[0, 30])
        {
            await using var idp = await OpenIdHost.StartAsync(provider);
            await idp.Host.CreateAccountAsync();
            using var browser = await idp.SignedInAsync();
            var code = await idp.CodeAsync(browser, Offline);
            var tokens = await idp.RedeemAsync(Offline, code);
            var other = await idp.TokensAsync(browser, Offline);
            Assert.Equal(200, (await idp.UserInfoAsync(tokens.AccessToken)).Status);
            idp.Host.Time.Advance(TimeSpan.FromSeconds(wait));

            var again = await idp.RedeemAsync(Offline, code);

            Assert.Equal(400, again.Status);
            Assert.Equal("invalid_grant", again.Error);
            Assert.Equal("invalid_grant", (await idp.RefreshAsync("app", tokens.RefreshToken)).Error);
            Assert.Equal(401, (await idp.UserInfoAsync(tokens.AccessToken)).Status);
            Assert.Equal("False", (await idp.IntrospectAsync("app", tokens.AccessToken)).Value("active"));
            Assert.Equal(200, (await idp.UserInfoAsync(other.AccessToken)).Status);
            Assert.Equal(200, (await idp.RefreshAsync("app", other.RefreshToken)).Status);
        }
    }

    [Fact]
    public async Task A_code_is_for_its_client_its_address_and_its_minute()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();

        var stolen = await idp.RedeemAsync(Offline with { ClientId = "rsa" }, await idp.CodeAsync(browser, Offline));
        Assert.Equal("invalid_grant", stolen.Error);
        var late = await idp.CodeAsync(browser, Offline);
        idp.Host.Time.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal("invalid_grant", (await idp.RedeemAsync(Offline, late)).Error);
        Assert.Equal("invalid_grant", (await idp.RedeemAsync(Offline, "no-code")).Error);
    }

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
        var reused = await idp.RefreshAsync("app", first.RefreshToken);
        Assert.Equal("invalid_grant", reused.Error);
        Assert.Equal("invalid_grant", (await idp.RefreshAsync("app", third.RefreshToken)).Error);
        Assert.Equal(401, (await idp.UserInfoAsync(third.AccessToken)).Status);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Of_many_uses_of_one_refresh_token_at_once_one_wins_at_most(DatabaseProvider provider)
    {
        await using var idp = await OpenIdHost.StartAsync(provider);
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

    [Theory, InlineData("stamp"), InlineData("suspended")]
    public async Task A_changed_credential_or_a_suspension_ends_refreshing_at_once(string what)
    {
        await using var idp = await OpenIdHost.StartAsync();
        var account = await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var tokens = await idp.TokensAsync(browser, Offline);
        var code = await idp.CodeAsync(browser, Offline);

        DateTimeOffset? suspended = idp.Host.Time.GetUtcNow();
        await idp.Host.InScopeAsync(p =>
            p.GetRequiredService<IdpDbContext>()
                .Users.Where(u => u.Id == account.Id)
                .ExecuteUpdateAsync(set =>
                    set.SetProperty(u => u.SecurityStamp, u => what == "stamp" ? "another" : u.SecurityStamp)
                        .SetProperty(u => u.SuspendedAt, what == "stamp" ? null : suspended)
                )
        );

        Assert.Equal("invalid_grant", (await idp.RefreshAsync("app", tokens.RefreshToken)).Error);
        Assert.Equal("invalid_grant", (await idp.RedeemAsync(Offline, code)).Error);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Ending_the_grants_of_an_account_ends_its_access_tokens_too(DatabaseProvider provider)
    {
        await using var idp = await OpenIdHost.StartAsync(provider);
        var account = await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var tokens = await idp.TokensAsync(browser, Offline);

        await idp.Host.InScopeAsync(p =>
            p.GetRequiredService<IAccountGrants>()
                .RevokeTokensAsync(account.Id, DateTimeOffset.MaxValue, TestContext.Current.CancellationToken)
        );

        Assert.Equal("invalid_grant", (await idp.RefreshAsync("app", tokens.RefreshToken)).Error);
        Assert.Equal(401, (await idp.UserInfoAsync(tokens.AccessToken)).Status);
    }

    [Fact]
    public async Task A_code_ends_with_its_session_and_offline_access_outlives_a_logout()
    {
        await using var idp = await OpenIdHost.StartAsync();
        var account = await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var tokens = await idp.TokensAsync(browser, Offline);
        var code = await idp.CodeAsync(browser, Offline);
        var sid = (await idp.VerifyAsync(tokens.IdToken)).GetClaim("sid").Value;

        await idp.Host.InScopeAsync(p =>
            p.GetRequiredService<IAccountSessions>()
                .EndAsync(account.Id, sid, SessionEndReason.SignedOut, TestContext.Current.CancellationToken)
        );

        Assert.Equal("invalid_grant", (await idp.RedeemAsync(Offline, code)).Error);
        Assert.Equal(200, (await idp.RefreshAsync("app", tokens.RefreshToken)).Status);
    }

    [Fact]
    public async Task Revoking_a_refresh_token_ends_it_for_its_own_client_only()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var tokens = await idp.TokensAsync(browser, Offline);

        await idp.PostAsync("/connect/revoke", "rsa", new() { ["token"] = tokens.RefreshToken });
        var kept = await idp.RefreshAsync("app", tokens.RefreshToken);
        Assert.Equal(200, kept.Status);
        var revoked = await idp.PostAsync("/connect/revoke", "app", new() { ["token"] = kept.RefreshToken });
        Assert.Equal(200, revoked.Status);
        Assert.Equal("invalid_grant", (await idp.RefreshAsync("app", kept.RefreshToken)).Error);
        Assert.Equal(200, (await idp.PostAsync("/connect/revoke", "app", new() { ["token"] = "unknown" })).Status);
    }

    [Fact]
    public async Task Revoking_an_access_token_ends_its_grant()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var tokens = await idp.TokensAsync(browser, Offline);

        var revoked = await idp.PostAsync("/connect/revoke", "app", new() { ["token"] = tokens.AccessToken });

        Assert.True(revoked.Status is 200 or 400, revoked.Text);
        if (revoked.Status == 400)
        {
            Assert.Equal("unsupported_token_type", revoked.Error);
        }
        else
        {
            Assert.Equal(401, (await idp.UserInfoAsync(tokens.AccessToken)).Status);
        }
    }

    [Fact]
    public async Task Introspection_tells_those_it_concerns_and_nobody_else()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var tokens = await idp.TokensAsync(browser, Offline with { Scope = "openid orders offline_access" });

        var api = await idp.IntrospectAsync("orders-api", tokens.AccessToken);
        Assert.Equal("True", api.Value("active"));
        Assert.Equal("app", api.Value("client_id"));
        Assert.NotEmpty(api.Value("exp"));
        Assert.Equal("True", (await idp.IntrospectAsync("app", tokens.RefreshToken)).Value("active"));
        Assert.Equal("False", (await idp.IntrospectAsync("rsa", tokens.AccessToken)).Value("active"));
        Assert.Equal("False", (await idp.IntrospectAsync("orders-api", tokens.RefreshToken)).Value("active"));
        Assert.Equal("False", (await idp.IntrospectAsync("app", "nothing")).Value("active"));
        Assert.InRange((await idp.IntrospectAsync("native", tokens.AccessToken)).Status, 400, 401);
        idp.Host.Time.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal("False", (await idp.IntrospectAsync("app", tokens.AccessToken)).Value("active"));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task What_an_owner_has_granted_is_found_by_the_owner_alone(DatabaseProvider provider)
    {
        var tokens = new QueryPlans("\"OpenIddictTokens\"");
        var authorizations = new QueryPlans("\"OpenIddictAuthorizations\"");
        await using var idp = await OpenIdHost.StartAsync(
            provider,
            services: s =>
            {
                tokens.Watch(s);
                authorizations.Watch(s);
            }
        );
        var ada = await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        await idp.TokensAsync(browser, new() { Scope = "openid offline_access" });
        tokens.Seen.Clear();
        authorizations.Seen.Clear();

        await idp.Host.InScopeAsync(async p =>
        {
            var grants = p.GetRequiredService<IAccountGrants>();
            await p.GetRequiredService<IGrantList>().ListAsync(ada.Id, TestContext.Current.CancellationToken);
            await grants.RevokeTokensAsync(ada.Id, idp.Host.Time.GetUtcNow(), TestContext.Current.CancellationToken);
            return await grants.EndAsync(ada.Id, "app", TestContext.Current.CancellationToken);
        });

        Assert.All((QueryPlans[])[tokens, authorizations], p => Assert.NotEmpty(p.Seen));
        Assert.All(
            tokens.Seen.Concat(authorizations.Seen),
            s =>
            {
                Assert.DoesNotContain("Seq Scan", s.Plan, StringComparison.Ordinal);
                Assert.DoesNotContain("SCAN ", s.Plan, StringComparison.Ordinal);
            }
        );
    }
}
