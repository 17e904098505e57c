using IdentityProvider.Data;
using IdentityProvider.OpenId;
using IdentityProvider.OpenId.Logout;
using IdentityProvider.Tests.OpenId.Logout;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OpenIddict.EntityFrameworkCore.Models;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.OpenId;

/// <summary>The recurring job removes what is over, and leaves what lives.</summary>
public sealed class PruneTokensTests
{
    private static readonly CodeRequest Offline = new() { Scope = "openid offline_access" };

    private static readonly CodeRequest ThirdParty = new() { ClientId = "third" };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Old_tokens_grants_and_sessions_go_and_a_refresh_token_in_use_a_consent_and_a_session_stay(
        DatabaseProvider provider
    )
    {
        await using var idp = await OpenIdHost.StartAsync(
            provider,
            settings:
            [
                ("OpenId:Retention", "1.00:00:00"),
                ("OpenId:RefreshTokenLifetime", "18:00:00"),
                ("Keys:ReloadEvery", "00:01:00"),
            ]
        );
        await idp.Host.CreateAccountAsync();
        using var first = await idp.SignedInAsync();
        await ConsentAsync(idp, first);
        var living = await idp.TokensAsync(first, Offline);
        var revoked = await idp.TokensAsync(first, Offline);
        await idp.PostAsync("/connect/revoke", "app", new() { ["token"] = revoked.RefreshToken });
        var unused = await idp.TokensAsync(first, Offline with { ClientId = "rsa" });
        await idp.CodeAsync(first, Offline);

        idp.Host.Time.Advance(TimeSpan.FromHours(12));
        living = await idp.RefreshAsync("app", living.RefreshToken);
        Assert.Equal(200, living.Status);
        idp.Host.Time.Advance(TimeSpan.FromHours(13));
        using var second = await idp.SignedInAsync();
        await PruneAsync(idp);

        await using (var context = idp.Host.Database.OpenContext())
        {
            var token = Assert.Single(await context.Set<OpenIddictEntityFrameworkCoreToken>().ToListAsync(Cancelled));
            Assert.Equal("valid", token.Status);
            Assert.Equal(
                ["ad-hoc", "permanent"],
                await context
                    .Set<OpenIddictEntityFrameworkCoreAuthorization>()
                    .Select(a => a.Type)
                    .Order()
                    .ToListAsync(Cancelled)
            );
            Assert.Single(await context.Sessions.ToListAsync(Cancelled));
        }

        Assert.Equal(200, (await idp.RefreshAsync("app", living.RefreshToken)).Status);
        Assert.Equal("invalid_grant", (await idp.RefreshAsync("rsa", unused.RefreshToken)).Error);
        Assert.True(idp.Answer(await idp.AuthorizeAsync(second, ThirdParty)).ContainsKey("code"));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_session_is_dropped_when_it_idled_too_long_and_when_its_day_is_over(DatabaseProvider provider)
    {
        await using var idp = await OpenIdHost.StartAsync(
            provider,
            settings: [("Sessions:Idle", "01:00:00"), ("Sessions:Lifetime", "03:00:00")]
        );
        await idp.Host.CreateAccountAsync();
        using var idle = await idp.SignedInAsync();
        using var busy = await idp.SignedInAsync();
        for (var minutes = 0; minutes < 150; minutes += 50)
        {
            idp.Host.Time.Advance(TimeSpan.FromMinutes(50));
            await busy.GetAsync("/account");
            await PruneAsync(idp);
            Assert.Equal(minutes == 0 ? 2 : 1, await SessionsAsync(idp));
        }

        idp.Host.Time.Advance(TimeSpan.FromMinutes(31));
        await PruneAsync(idp);
        Assert.Equal(0, await SessionsAsync(idp));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_revoked_access_token_is_forgotten_once_it_would_have_expired(DatabaseProvider provider)
    {
        await using var idp = await OpenIdHost.StartAsync(provider);
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var tokens = await idp.TokensAsync(browser, Offline);
        await idp.PostAsync("/connect/revoke", "app", new() { ["token"] = tokens.AccessToken });

        await PruneAsync(idp);
        Assert.Equal(1, await RevokedAsync(idp));
        idp.Host.Time.Advance(TimeSpan.FromMinutes(6));
        await PruneAsync(idp);
        Assert.Equal(0, await RevokedAsync(idp));
    }

    private static async Task<int> RevokedAsync(OpenIdHost idp)
    {
        await using var context = idp.Host.Database.OpenContext();
        return await context
            .Set<OpenIddictEntityFrameworkCoreToken>()
            .CountAsync(t => t.Type == RevokeTokens.Type, Cancelled);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_logout_notice_is_kept_while_it_may_still_be_told_and_then_dropped(DatabaseProvider provider)
    {
        await using var listener = await LogoutListener.StartAsync(500);
        await using var idp = await OpenIdHost.StartAsync(
            provider,
            d => OpenIdHost.Client(d, "app")["backChannelLogoutUri"] = listener.Address,
            [("OpenId:Retention", "1.00:00:00"), ("Keys:ReloadEvery", "00:01:00")]
        );
        var account = await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        await idp.TokensAsync(browser, new());
        await idp.Host.InScopeAsync(p =>
            p.GetRequiredService<IAccountSessions>()
                .EndAllAsync(account.Id, null, SessionEndReason.SignedOut, Cancelled)
        );

        idp.Host.Time.Advance(TimeSpan.FromHours(26));
        await PruneAsync(idp);
        Assert.Equal(1, await NoticesAsync(idp));
        idp.Host.Time.Advance(TimeSpan.FromDays(2));
        await PruneAsync(idp);
        Assert.Equal(0, await NoticesAsync(idp));
    }

    private static async Task ConsentAsync(OpenIdHost idp, TestBrowser browser)
    {
        var asked = await idp.AuthorizeAsync(browser, ThirdParty);
        var answer = await idp.FollowAsync(browser, await browser.SubmitAsync(asked, ("answer", "grant")));
        Assert.True(idp.Answer(answer).ContainsKey("code"));
    }

    private static Task<int> PruneAsync(OpenIdHost idp) =>
        idp.Host.InScopeAsync(async p =>
        {
            await p.GetRequiredService<PruneTokens>().RunAsync(Cancelled);
            return 0;
        });

    private static async Task<int> SessionsAsync(OpenIdHost idp)
    {
        await using var context = idp.Host.Database.OpenContext();
        return await context.Sessions.CountAsync(Cancelled);
    }

    private static async Task<int> NoticesAsync(OpenIdHost idp)
    {
        await using var context = idp.Host.Database.OpenContext();
        return await context.Set<LogoutNotice>().CountAsync(Cancelled);
    }
}
