using IdentityProvider.Data;
using IdentityProvider.Tests.OpenId.Logout;
using IdentityProvider.Tests.SharedSignals;
using IdP.Recovery.Endpoints;
using Microsoft.EntityFrameworkCore;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.OpenId.RelyingParties;

/// <summary>A person is bound to the applications they use, and after a reset each has a receipt that says how it is.</summary>
public sealed class RelyingPartyReceiptTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_application_has_followed_once_it_has_taken_its_logout_token(DatabaseProvider provider)
    {
        await using var listener = await LogoutListener.StartAsync();
        await using var idp = await OpenIdHost.StartAsync(
            provider,
            d => OpenIdHost.Client(d, "app")["backChannelLogoutUri"] = listener.Address
        );
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var tokens = await idp.TokensAsync(browser, new() { Scope = OpenIdHost.Everything });
        await idp.TokensAsync(browser, new() { ClientId = "rsa" });

        await new SignalHost(idp).ResetPasswordAsync();
        await idp.Host.DrainAsync();
        Assert.Equal([("app", ReceiptState.Applied), ("rsa", ReceiptState.Sent)], await ReceiptsAsync(idp));
        Assert.Single(listener.Tokens);
        Assert.Equal(401, (await idp.UserInfoAsync(tokens.AccessToken)).Status);
        Assert.Equal("invalid_grant", (await idp.RefreshAsync("app", tokens.RefreshToken)).Error);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_application_that_is_away_follows_when_it_is_back(DatabaseProvider provider)
    {
        await using var listener = await LogoutListener.StartAsync(status: 503);
        await using var idp = await OpenIdHost.StartAsync(
            provider,
            d => OpenIdHost.Client(d, "app")["backChannelLogoutUri"] = listener.Address
        );
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        await idp.TokensAsync(browser, new());
        await new SignalHost(idp).ResetPasswordAsync();
        await idp.Host.DrainAsync();
        Assert.Equal([("app", ReceiptState.Pending)], await ReceiptsAsync(idp));
        await using (var context = idp.Host.Database.OpenContext())
        {
            var receipt = await context.Set<Receipt>().SingleAsync(Cancelled);
            Assert.Equal((DeliveryFlaw.Unavailable, "503"), (receipt.Flaw, receipt.Detail));
        }

        listener.Status = 200;
        idp.Host.Time.Advance(TimeSpan.FromSeconds(10));
        await idp.Host.DrainAsync();
        Assert.Equal([("app", ReceiptState.Applied)], await ReceiptsAsync(idp));
    }

    [Fact]
    public async Task An_application_that_refuses_its_logout_token_has_not_followed()
    {
        await using var listener = await LogoutListener.StartAsync(status: 400);
        await using var idp = await OpenIdHost.StartAsync(declare: d =>
            OpenIdHost.Client(d, "app")["backChannelLogoutUri"] = listener.Address
        );
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        await idp.TokensAsync(browser, new());
        await new SignalHost(idp).ResetPasswordAsync();
        await idp.Host.DrainAsync();
        Assert.Equal([("app", ReceiptState.Failed)], await ReceiptsAsync(idp));
        Assert.Single(listener.Tokens);
    }

    [Fact]
    public async Task What_was_on_its_way_to_an_application_that_was_removed_says_so_and_tells_nobody()
    {
        await using var listener = await LogoutListener.StartAsync(status: 503);
        await using var idp = await OpenIdHost.StartAsync(declare: d =>
            OpenIdHost.Client(d, "app")["backChannelLogoutUri"] = listener.Address
        );
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        await idp.TokensAsync(browser, new());
        await new SignalHost(idp).ResetPasswordAsync();
        await idp.Host.DrainAsync();
        await idp.Host.DeclareClientsAsync();
        listener.Status = 200;
        var asked = listener.Tokens.Count;
        idp.Host.Time.Advance(TimeSpan.FromMinutes(1));
        await idp.Host.DrainAsync();
        await using var context = idp.Host.Database.OpenContext();
        var receipt = await context.Set<Receipt>().SingleAsync(Cancelled);
        Assert.Equal((ReceiptState.Failed, DeliveryFlaw.Removed), (receipt.State, receipt.Flaw));
        Assert.Equal(asked, listener.Tokens.Count);
    }

    [Fact]
    public async Task Applications_that_are_declared_are_endpoints_and_one_that_is_removed_is_none_any_more()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await using var context = idp.Host.Database.OpenContext();
        var endpoints = context.Set<ServiceEndpoint>().AsNoTracking();
        var before = await endpoints.Select(e => e.Reference).ToListAsync(Cancelled);
        Assert.Contains("app", before);
        await idp.Host.DeclareClientsAsync();
        Assert.Empty(await endpoints.ToListAsync(Cancelled));
    }

    private static async Task<List<(string, ReceiptState)>> ReceiptsAsync(OpenIdHost idp)
    {
        await using var context = idp.Host.Database.OpenContext();
        var rows = await context
            .Set<Receipt>()
            .Join(context.Set<ServiceEndpoint>(), r => r.EndpointId, e => e.Id, (r, e) => new { e.Reference, r.State })
            .OrderBy(r => r.Reference)
            .ToListAsync(Cancelled);
        return [.. rows.Select(r => (r.Reference!, r.State))];
    }
}
