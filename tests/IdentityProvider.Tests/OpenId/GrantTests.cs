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
        // A token that was found good is trusted for a second.
        foreach (var wait in (int[])[1, 30])
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
