using Duende.IdentityModel.OidcClient;
using Duende.IdentityModel.OidcClient.Browser;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.OpenId;

/// <summary>A native app (RFC 8252) by an independent client library.</summary>
public sealed class NativeAppTests
{
    [Fact]
    public async Task A_native_app_signs_in_on_any_loopback_port_refreshes_asks_and_signs_out()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync(with: a => a.DisplayName = "Ada Lovelace");
        using var browser = await idp.SignedInAsync();
        var app = new OidcClient(
            new OidcClientOptions
            {
                Authority = idp.Issuer,
                ClientId = "native",
                RedirectUri = "http://127.0.0.1:52525/callback",
                PostLogoutRedirectUri = "http://127.0.0.1:52525/signed-out",
                Scope = "openid profile email offline_access",
                LoadProfile = true,
                Browser = new SystemBrowser(idp, browser),
                Policy = new Policy { Discovery = { RequireHttps = false } },
                DisablePushedAuthorization = true,
            }
        );

        var login = await app.LoginAsync(new LoginRequest(), TestContext.Current.CancellationToken);
        Assert.False(login.IsError, login.Error + " " + login.ErrorDescription);
        Assert.Equal("Ada Lovelace", login.User.FindFirst("name")!.Value);
        var refreshed = await app.RefreshTokenAsync(
            login.RefreshToken,
            cancellationToken: TestContext.Current.CancellationToken
        );
        Assert.False(refreshed.IsError, refreshed.Error);
        var user = await app.GetUserInfoAsync(refreshed.AccessToken, TestContext.Current.CancellationToken);
        Assert.Equal("ada@example.test", user.Claims.Single(c => c.Type == "email").Value);
        var logout = await app.LogoutAsync(
            new LogoutRequest { IdTokenHint = login.IdentityToken },
            TestContext.Current.CancellationToken
        );
        Assert.False(logout.IsError, logout.Error);
    }

    private sealed class SystemBrowser(OpenIdHost idp, TestBrowser browser) : IBrowser
    {
        public async Task<BrowserResult> InvokeAsync(
            BrowserOptions options,
            CancellationToken cancellationToken = default
        )
        {
            var page = await idp.FollowAsync(browser, await browser.GetAsync(options.StartUrl));
            return page.RedirectsTo is { } back
                ? new() { ResultType = BrowserResultType.Success, Response = back }
                : new() { ResultType = BrowserResultType.UnknownError, Error = page.Text };
        }
    }
}
