using IdentityProvider.Data;
using IdentityProvider.Tests.OpenId.Logout;
using IdP.Recovery.Ports;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.OpenId;

/// <summary>Devices without a keyboard (RFC 8628).</summary>
public sealed class DeviceTests
{
    [Fact]
    public async Task A_device_waits_is_allowed_in_and_gets_tokens_once()
    {
        await using var idp = await OpenIdHost.StartAsync();
        var account = await idp.Host.CreateAccountAsync();
        using var browser = idp.Host.NewBrowser();
        var device = await BeginAsync(idp);
        Assert.Equal("authorization_pending", (await PollAsync(idp, device)).Error);

        var signIn = await browser.GetAsync("/device?user_code=" + Uri.EscapeDataString(device.Value("user_code")));
        var confirm = await idp.SignInAsync(browser, await idp.FollowAsync(browser, signIn));
        Assert.Contains("A television", confirm.Heading, StringComparison.Ordinal);
        var done = await idp.FollowAsync(browser, await browser.SubmitAsync(confirm, ("answer", "grant")));
        Assert.Equal("/device/done", done.Address.AbsolutePath);

        var tokens = await PollAsync(idp, device);
        Assert.Equal(200, tokens.Status);
        Assert.Equal(account.Id, (await idp.VerifyAsync(tokens.IdToken, "tv")).Subject);
        Assert.Equal(200, (await idp.RefreshAsync("tv", tokens.RefreshToken)).Status);
        Assert.Equal("invalid_grant", (await PollAsync(idp, device)).Error);
    }

    [Fact]
    public async Task A_device_that_is_denied_or_too_late_gets_nothing()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var denied = await BeginAsync(idp);
        var late = await BeginAsync(idp);

        var confirm = await browser.GetAsync("/device?user_code=" + Uri.EscapeDataString(denied.Value("user_code")));
        await browser.SubmitAsync(confirm, ("answer", "deny"));
        Assert.Equal("access_denied", (await PollAsync(idp, denied)).Error);
        idp.Host.Time.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal("expired_token", (await PollAsync(idp, late)).Error);
    }

    [Fact]
    public async Task A_wrong_code_is_told_on_the_page()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();

        var page = await browser.GetAsync("/device?user_code=1234-5678-9012");

        Assert.Equal(400, (int)page.Status);
        Assert.NotNull(page.Heading);
        Assert.Equal(200, (int)(await browser.GetAsync("/device")).Status);
        Assert.Equal("invalid_grant", (await PollAsync(idp, null)).Error);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_device_that_asks_too_often_is_told_to_slow_down(DatabaseProvider provider)
    {
        await using var idp = await OpenIdHost.StartAsync(provider);
        await idp.Host.CreateAccountAsync();
        var device = await BeginAsync(idp);
        var other = await BeginAsync(idp);
        Assert.Equal("5", device.Value("interval"));

        Assert.Equal("authorization_pending", (await PollAsync(idp, device)).Error);
        var early = await PollAsync(idp, device);
        Assert.Equal(400, early.Status);
        Assert.Equal("slow_down", early.Error);
        Assert.Equal("authorization_pending", (await PollAsync(idp, other)).Error);

        // What came too early does not put the next one off.
        idp.Host.Time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal("slow_down", (await PollAsync(idp, device)).Error);
        idp.Host.Time.Advance(TimeSpan.FromSeconds(2));
        var atOnce = await AtOnce.RunAsync(8, _ => PollAsync(idp, device));
        Assert.Single(atOnce, a => a.Error == "authorization_pending");
        Assert.Equal(7, atOnce.Count(a => a.Error == "slow_down"));

        // Allowed in, it need not wait.
        using var browser = await idp.SignedInAsync();
        await AllowAsync(idp, browser, device);
        Assert.Equal(200, (await PollAsync(idp, device)).Status);
        Assert.Equal("invalid_grant", (await PollAsync(idp, device)).Error);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_device_that_signed_in_is_told_when_the_session_ends(DatabaseProvider provider)
    {
        await using var listener = await LogoutListener.StartAsync();
        await using var idp = await OpenIdHost.StartAsync(
            provider,
            d => OpenIdHost.Client(d, "tv")["backChannelLogoutUri"] = listener.Address
        );
        var account = await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var device = await BeginAsync(idp);
        await AllowAsync(idp, browser, device);
        var idToken = await idp.VerifyAsync((await PollAsync(idp, device)).IdToken, "tv");

        await EndSessionsAsync(idp, account.Id);
        await listener.WaitForAsync(idp, 1);

        var told = await idp.VerifyAsync(listener.Tokens.Single(), "tv");
        Assert.Equal(idToken.GetClaim("sid").Value, told.GetClaim("sid").Value);
        Assert.Equal(account.Id, told.Subject);
    }

    [Fact]
    public async Task A_device_gets_no_tokens_of_a_session_that_has_ended()
    {
        await using var idp = await OpenIdHost.StartAsync();
        var account = await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var device = await BeginAsync(idp);
        await AllowAsync(idp, browser, device);

        await EndSessionsAsync(idp, account.Id);

        Assert.Equal("invalid_grant", (await PollAsync(idp, device)).Error);
    }

    private static async Task AllowAsync(OpenIdHost idp, TestBrowser browser, Answer device)
    {
        var confirm = await browser.GetAsync("/device?user_code=" + Uri.EscapeDataString(device.Value("user_code")));
        var done = await idp.FollowAsync(browser, await browser.SubmitAsync(confirm, ("answer", "grant")));
        Assert.Equal("/device/done", done.Address.AbsolutePath);
    }

    private static Task EndSessionsAsync(OpenIdHost idp, string accountId) =>
        idp.Host.InScopeAsync(p =>
            p.GetRequiredService<IAccountSessions>()
                .EndAllAsync(accountId, null, SessionEndReason.SignedOut, TestContext.Current.CancellationToken)
        );

    private static async Task<Answer> BeginAsync(OpenIdHost idp)
    {
        var device = await idp.PostAsync("/connect/device", "tv", new() { ["scope"] = "openid offline_access" });
        Assert.Equal(200, device.Status);
        Assert.Equal(new Uri(idp.Host.Origin, "device").ToString(), device.Value("verification_uri"));
        return device;
    }

    private static Task<Answer> PollAsync(OpenIdHost idp, Answer? device) =>
        idp.TokenAsync(
            "tv",
            new()
            {
                ["grant_type"] = "urn:ietf:params:oauth:grant-type:device_code",
                ["device_code"] = device?.Value("device_code") ?? "nothing",
            }
        );
}
