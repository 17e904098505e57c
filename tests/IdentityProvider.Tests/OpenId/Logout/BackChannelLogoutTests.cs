using IdentityProvider.Data;
using IdentityProvider.OpenId.Logout;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.OpenId.Logout;

/// <summary>Applications are told from behind that a session has ended (OpenID Connect Back-Channel Logout).</summary>
public sealed class BackChannelLogoutTests
{
    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_application_is_told_by_a_logout_token_when_a_session_ends(DatabaseProvider provider)
    {
        await using var listener = await LogoutListener.StartAsync();
        await using var idp = await OpenIdHost.StartAsync(
            provider,
            d =>
            {
                OpenIdHost.Client(d, "app")["backChannelLogoutUri"] = listener.Address;
                OpenIdHost.Client(d, "ec")["backChannelLogoutUri"] = listener.Address;
            }
        );
        var account = await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var hint = (await idp.TokensAsync(browser, new())).IdToken;
        await idp.TokensAsync(browser, new() { ClientId = "ec" });
        var sid = (await idp.VerifyAsync(hint)).GetClaim("sid").Value;

        await idp.Host.InScopeAsync(p =>
            p.GetRequiredService<IAccountSessions>()
                .EndAllAsync(account.Id, null, SessionEndReason.SignedOut, TestContext.Current.CancellationToken)
        );
        await listener.WaitForAsync(idp, 2);

        foreach (var (clientId, algorithm) in new[] { ("app", "RS256"), ("ec", "ES256") })
        {
            var token = await idp.VerifyAsync(listener.TokenOf(clientId), clientId);
            Assert.Equal("logout+jwt", token.Typ);
            Assert.Equal(algorithm, token.Alg);
            Assert.Equal(account.Id, token.Subject);
            Assert.Equal(sid, token.GetClaim("sid").Value);
            Assert.NotEmpty(token.Id);
            Assert.InRange(token.ValidTo - token.IssuedAt, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(2));
            Assert.Equal(
                """{"http://schemas.openid.net/event/backchannel-logout":{}}""",
                token.GetPayloadValue<System.Text.Json.JsonElement>("events").GetRawText()
            );
            Assert.DoesNotContain("nonce", token.Claims.Select(c => c.Type));
        }
    }

    [Theory]
    [InlineData(200, 1)]
    [InlineData(204, 1)]
    [InlineData(302, 1)]
    [InlineData(400, 1)]
    [InlineData(404, 1)]
    [InlineData(408, 2)]
    [InlineData(410, 1)]
    [InlineData(429, 2)]
    [InlineData(500, 2)]
    [InlineData(503, 2)]
    public async Task Only_what_may_pass_is_tried_again(int status, int calls)
    {
        await using var listener = await LogoutListener.StartAsync(status);
        await using var idp = await OpenIdHost.StartAsync(declare: d =>
            OpenIdHost.Client(d, "app")["backChannelLogoutUri"] = listener.Address
        );
        var account = await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        await idp.TokensAsync(browser, new());

        await idp.Host.InScopeAsync(p =>
            p.GetRequiredService<IAccountSessions>()
                .EndAllAsync(account.Id, null, SessionEndReason.SignedOut, TestContext.Current.CancellationToken)
        );
        await listener.WaitForAsync(idp, 1);
        listener.Status = 200;
        for (var i = 0; i < 10; i++)
        {
            idp.Host.Time.Advance(TimeSpan.FromMinutes(2));
            await idp.Host.DrainAsync();
        }

        Assert.Equal(calls, listener.Tokens.Count);
    }

    [Fact]
    public async Task An_answer_without_end_is_not_read()
    {
        await using var listener = await LogoutListener.StartAsync();
        listener.Endless = true;
        await using var idp = await OpenIdHost.StartAsync(declare: d =>
            OpenIdHost.Client(d, "app")["backChannelLogoutUri"] = listener.Address
        );
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var hint = (await idp.TokensAsync(browser, new())).IdToken;

        await browser.GetAsync(LogoutAddress.Of(("id_token_hint", hint)));
        await idp.Host.DrainAsync();

        Assert.Single(listener.Tokens);
        await using var context = idp.Host.Database.OpenContext();
        Assert.Empty(await context.Set<LogoutNotice>().ToListAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task One_that_is_away_is_told_when_it_is_back()
    {
        var address = new Uri($"http://127.0.0.1:{ProviderFixture.FreePort()}");
        await using var idp = await OpenIdHost.StartAsync(declare: d =>
            OpenIdHost.Client(d, "app")["backChannelLogoutUri"] = new Uri(address, "/logout").ToString()
        );
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var hint = (await idp.TokensAsync(browser, new())).IdToken;

        await browser.GetAsync(LogoutAddress.Of(("id_token_hint", hint)));
        await idp.Host.DrainAsync();
        await using var context = idp.Host.Database.OpenContext();
        Assert.Single(await context.Set<LogoutNotice>().ToListAsync(TestContext.Current.CancellationToken));
        await using var listener = await LogoutListener.StartAsync(at: address);
        idp.Host.Time.Advance(TimeSpan.FromMinutes(1));
        await listener.WaitForAsync(idp, 1);

        var token = await idp.VerifyAsync(listener.TokenOf("app"), "app");
        Assert.Equal("logout+jwt", token.Typ);
        Assert.Empty(await context.Set<LogoutNotice>().ToListAsync(TestContext.Current.CancellationToken));
    }
}
