using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Console;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Pages;

/// <summary>The console as tests open it: an administrator who needs no second factor, and the way in.</summary>
internal static class ConsoleHost
{
    public const string Root = "root@example.test";

    public static async Task<ProviderFixture> StartAsync(
        DatabaseProvider? provider = null,
        IEnumerable<(string, string)>? settings = null,
        Action<IServiceCollection>? services = null
    )
    {
        var host = await ProviderFixture.StartAsync(
            provider,
            [("AccountRecovery:Mfa:RequiredFor", "Nobody"), .. settings ?? []],
            services: services
        );
        await host.CreateAccountAsync(Root, administrator: true);
        return host;
    }

    /// <summary>Somebody of the console who has one role.</summary>
    public static async Task<string> CreateWithRoleAsync(this ProviderFixture host, string email, string role)
    {
        var account = await host.CreateAccountAsync(email);
        await host.GiveRoleAsync(account.Id, role);
        return account.Id;
    }

    /// <summary>Gives somebody one role of the console.</summary>
    public static async Task GiveRoleAsync(this ProviderFixture host, string accountId, string role)
    {
        var changed = await host.InScopeAsync(p =>
            p.GetRequiredService<ChangeRoles>()
                .RunAsync(
                    Actor.CommandLine,
                    accountId,
                    [role],
                    "For a test",
                    Requester.None,
                    TestContext.Current.CancellationToken
                )
        );
        Assert.IsType<RolesChanged.Done>(changed);
    }

    /// <summary>A browser in which somebody has signed in at the console's door or at the portal's.</summary>
    public static async Task<TestBrowser> EnterAsync(
        this ProviderFixture host,
        string email = Root,
        string door = "/login/administrator",
        string language = "en"
    )
    {
        var browser = host.NewBrowser(language);
        await browser.FollowAsync(
            await browser.SubmitAsync(
                await browser.OpenAsync(door),
                ("Email", email),
                ("Password", ProviderFixture.GoodPassword)
            )
        );
        return browser;
    }
}
