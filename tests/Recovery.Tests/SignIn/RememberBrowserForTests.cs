using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Factors;
using IdP.Recovery.SignIn;
using Microsoft.Extensions.Options;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.SignIn;

/// <summary>How long a browser is remembered, down to not at all.</summary>
public sealed class RememberBrowserForTests
{
    private const string Ada = "ada@example.test";
    private const string Setting = "AccountRecovery:Mfa:RememberBrowserFor";

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task At_zero_no_browser_is_remembered_whoever_asks_for_it(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider, (Setting, "00:00:00"));
        var browser = await RememberAsync(host);

        Assert.False(browser.Has("idp-browser"));
        Assert.Empty(await host.RowsAsync<RememberedBrowser>());
        Assert.DoesNotContain(await host.RowsAsync<AuditEvent>(), e => e.Type == AuditEventTypes.BrowserRemembered);
        Assert.IsType<PasswordSignIn.FactorRequired>(await host.SignInAsync(browser, Ada));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_browser_of_before_is_asked_again_once_it_is_zero(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider, (Setting, "30.00:00:00"));
        var browser = await RememberAsync(host);
        Assert.IsType<PasswordSignIn.SignedIn>(await host.SignInAsync(browser, Ada));

        await using var later = host.StartAnother((Setting, "00:00:00"));

        Assert.Single(await later.RowsAsync<RememberedBrowser>());
        Assert.IsType<PasswordSignIn.FactorRequired>(await later.SignInAsync(browser, Ada));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_shorter_time_asks_sooner(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider, (Setting, "02:00:00"));
        var browser = await RememberAsync(host);
        host.Time.Advance(TimeSpan.FromHours(2) - TimeSpan.FromSeconds(1));
        Assert.IsType<PasswordSignIn.SignedIn>(await host.SignInAsync(browser, Ada));
        host.Time.Advance(TimeSpan.FromSeconds(1));

        Assert.IsType<PasswordSignIn.FactorRequired>(await host.SignInAsync(browser, Ada));
    }

    [Theory, InlineData("-00:00:01"), InlineData("365.00:00:01")]
    public async Task A_time_out_of_range_is_refused_and_named(string time)
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite, (Setting, time));

        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() =>
            host.CallAsync<IOptions<MfaOptions>, MfaOptions>(o => Task.FromResult(o.Value))
        );

        Assert.Contains(Setting, refused.Message);
        Assert.Contains($"but was {time}.", refused.Message);
    }

    // Signs in with a code, and asks to be remembered.
    private static async Task<Jar> RememberAsync(RecoveryHost host)
    {
        var account = await host.CreateAccountAsync(Ada);
        var phone = await host.EnrollTotpAsync(account.Id);
        var browser = new Jar();
        var first = Assert.IsType<PasswordSignIn.FactorRequired>(await host.SignInAsync(browser, Ada));
        var code = new FactorProof.Totp(phone.CodeAt(host.Time.GetUtcNow()));
        Assert.IsType<FactorSignIn.SignedIn>(await host.SignInAsync(browser, first.Token, code, remember: true));
        return browser;
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_administrators_browser_is_remembered_only_where_the_host_says_so(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada, administrator: true);
        var phone = await host.EnrollTotpAsync(account.Id);
        var browser = new Jar();
        await SignInAsync(host, browser, phone);

        Assert.False(browser.Has("idp-browser"));
        Assert.IsType<PasswordSignIn.FactorRequired>(
            await host.SignInAsync(browser, Ada, portal: Audience.Administrator)
        );

        await using var lenient = host.StartAnother(("AccountRecovery:Mfa:RememberAdministrators", "true"));
        host.Time.Advance(TimeSpan.FromMinutes(1));
        await SignInAsync(lenient, browser, phone);
        Assert.IsType<PasswordSignIn.SignedIn>(await lenient.SignInAsync(browser, Ada, portal: Audience.Administrator));
        Assert.IsType<PasswordSignIn.FactorRequired>(
            await host.SignInAsync(browser, Ada, portal: Audience.Administrator)
        );
    }

    private static async Task SignInAsync(RecoveryHost host, Jar browser, Authenticator phone)
    {
        var first = Assert.IsType<PasswordSignIn.FactorRequired>(
            await host.SignInAsync(browser, Ada, portal: Audience.Administrator)
        );
        var code = new FactorProof.Totp(phone.CodeAt(host.Time.GetUtcNow()));
        Assert.IsType<FactorSignIn.SignedIn>(await host.SignInAsync(browser, first.Token, code, remember: true));
    }
}
