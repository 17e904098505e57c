using IdentityProvider.Accounts;
using IdentityProvider.Tests.OpenId;
using IdP.Recovery;
using IdP.Recovery.Console;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Api;

/// <summary>People who call the API through an application, with a second factor of their own.</summary>
internal static class People
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>An account with roles of the console.</summary>
    public static async Task<Account> AddAsync(this ApiHost api, string email, params string[] roles)
    {
        var account = await api.Host.CreateAccountAsync(email);
        if (roles.Length > 0)
        {
            await api.SetRolesAsync(account.Id, roles);
        }

        return account;
    }

    public static Task<RolesChanged> SetRolesAsync(this ApiHost api, string accountId, params string[] roles) =>
        api.Host.InScopeAsync(p =>
            p.GetRequiredService<ChangeRoles>()
                .RunAsync(Actor.CommandLine, accountId, roles, "for this test", Requester.None, Cancelled)
        );

    public static Task<Authenticator> EnrollAsync(this ApiHost api, string accountId) =>
        api.Host.InScopeAsync(p => Authenticator.EnrollAsync(p, accountId, api.Host.Time.GetUtcNow()));

    /// <summary>Signs in with password and code, and gives a token of the application.</summary>
    public static async Task<string> TokenOfAsync(
        this ApiHost api,
        string email,
        Authenticator phone,
        string scope = ApiHost.Everything,
        string login = "/login/administrator"
    )
    {
        using var browser = api.Host.NewBrowser();
        var asked = await browser.FollowAsync(
            await browser.SubmitAsync(
                await browser.GetAsync(login),
                ("Email", email),
                ("Password", ProviderFixture.GoodPassword)
            )
        );
        await browser.SubmitAsync(asked, ("Code", phone.CodeAt(api.Host.Time.GetUtcNow())));
        var request = new CodeRequest { ClientId = "people", Scope = "openid " + scope };
        return (await api.Idp.TokensAsync(browser, request)).AccessToken;
    }
}
