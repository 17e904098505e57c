using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Factors;
using IdP.Recovery.Factors.Passkeys;
using IdP.Recovery.Factors.Totp;
using IdP.Recovery.Ports;
using IdP.Recovery.SignIn;
using Microsoft.Extensions.DependencyInjection;
using Recovery.Tests.Factors.Passkeys;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.SignIn;

/// <summary>What a change of a factor ends (threat 7, ASVS 7.4.3).</summary>
public sealed class FactorChangeTests
{
    private const string Ada = "ada@example.test";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_browser_that_was_remembered_is_asked_again_once_an_app_is_added(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (account, browser, _) = await RememberedAsync(host);

        await host.EnrollTotpAsync(account.Id);

        Assert.IsType<PasswordSignIn.FactorRequired>(await host.SignInAsync(browser, Ada));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_browser_that_was_remembered_by_a_removed_app_is_asked_for_the_new_one(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (account, browser, phone) = await RememberedAsync(host);
        var stolen = Assert.Single(await AppsAsync(host, account.Id));
        await host.EnrollTotpAsync(account.Id);
        await RememberAsync(host, browser, phone);

        await host.CallAsync<ManageTotp, bool>(m =>
            m.RemoveAsync(account.Id, stolen.Id, RecoveryHost.Origin, Cancelled)
        );

        Assert.IsType<PasswordSignIn.FactorRequired>(await host.SignInAsync(browser, Ada));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_browser_is_not_remembered_again_when_a_factor_comes_after_the_last_one(
        DatabaseProvider provider
    )
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (account, browser, _) = await RememberedAsync(host);
        var app = Assert.Single(await AppsAsync(host, account.Id));
        await host.CallAsync<ManageTotp, bool>(m => m.RemoveAsync(account.Id, app.Id, RecoveryHost.Origin, Cancelled));

        await host.EnrollTotpAsync(account.Id);

        Assert.IsType<PasswordSignIn.FactorRequired>(await host.SignInAsync(browser, Ada));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task With_a_passkey_that_comes_or_goes_go_the_browsers_that_were_remembered(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (account, browser, phone) = await RememberedAsync(host);
        using var held = new SoftAuthenticator();
        await host.CreateAsync(account, held);
        Assert.IsType<PasswordSignIn.FactorRequired>(await host.SignInAsync(browser, Ada));
        await RememberAsync(host, browser, phone);

        var passkey = Assert.Single(await host.PasskeysAsync(account));
        await host.CallAsync<RemovePasskey, bool>(r =>
            r.RunAsync(account.Id, passkey.Id, RecoveryHost.Origin, account.Id, Cancelled)
        );

        Assert.IsType<PasswordSignIn.FactorRequired>(await host.SignInAsync(browser, Ada));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Ending_every_other_access_ends_sessions_remembered_browsers_and_tokens(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (account, browser, _) = await RememberedAsync(host);
        var mine = new Jar();
        host.Time.Advance(TimeSpan.FromMinutes(1));
        await host.SignInAsync(browser, Ada);
        await host.InBrowserAsync(
            mine,
            async (p, http) =>
            {
                await Sessions(p).StartAsync(http, account, ["pwd"], Cancelled);
                return true;
            }
        );

        await host.InBrowserAsync(
            mine,
            async (p, http) =>
            {
                await Others(p).RunAsync(http.User.AccountId(), http.User.SessionOf(), RecoveryHost.Origin, Cancelled);
                return true;
            }
        );

        Assert.True(await host.IsSignedInAsync(mine));
        Assert.False(await host.IsSignedInAsync(browser));
        Assert.IsType<PasswordSignIn.FactorRequired>(await host.SignInAsync(browser, Ada));
        await host.DrainAsync();
        Assert.Equal([account.Id], host.Grants.Revoked);
        Assert.True(await host.IsSignedInAsync(mine));
    }

    private static ISignedInSessions Sessions(IServiceProvider services) =>
        services.GetRequiredService<ISignedInSessions>();

    private static EndOtherAccess Others(IServiceProvider services) => services.GetRequiredService<EndOtherAccess>();

    private static Task<IReadOnlyList<TotpAuthenticator>> AppsAsync(RecoveryHost host, string accountId) =>
        host.CallAsync<ManageTotp, IReadOnlyList<TotpAuthenticator>>(m => m.ListAsync(accountId, Cancelled));

    private static async Task<(RecoverableAccount, Jar, Authenticator)> RememberedAsync(RecoveryHost host)
    {
        var made = await host.CreateAccountAsync(Ada);
        var phone = await host.EnrollTotpAsync(made.Id);
        var browser = new Jar();
        await RememberAsync(host, browser, phone);
        return (await host.FindAsync(made.Id), browser, phone);
    }

    private static async Task RememberAsync(RecoveryHost host, Jar browser, Authenticator phone)
    {
        host.Time.Advance(TimeSpan.FromSeconds(30));
        var first = Assert.IsType<PasswordSignIn.FactorRequired>(await host.SignInAsync(browser, Ada));
        var code = new FactorProof.Totp(phone.CodeAt(host.Time.GetUtcNow()));
        await host.SignInAsync(browser, first.Token, code, remember: true);
        Assert.IsType<PasswordSignIn.SignedIn>(await host.SignInAsync(browser, Ada));
    }
}
