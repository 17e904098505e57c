using IdentityProvider.Data;
using IdP.Recovery.Factors;
using IdP.Recovery.Ports;
using IdP.Recovery.SignIn;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.SignIn;

/// <summary>A factor is changed only with a fresh proof of what is there (threat 6, requirement 4a).</summary>
public sealed class ProveAgainTests
{
    private const string Ada = "ada@example.test";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_sign_in_counts_as_proof_for_five_minutes(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        var browser = new Jar();
        await host.SignInAsync(browser, Ada);
        Assert.True(await IsFreshAsync(host, browser));

        host.Time.Advance(TimeSpan.FromMinutes(5));
        Assert.False(await IsFreshAsync(host, browser));

        Assert.False(await ByPasswordAsync(host, browser, "wrong"));
        Assert.False(await IsFreshAsync(host, browser));
        Assert.True(await ByPasswordAsync(host, browser, RecoveryHost.GoodPassword));
        Assert.True(await IsFreshAsync(host, browser));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_remembered_browser_and_a_password_are_no_proof_of_a_factor(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        var phone = await host.EnrollTotpAsync(account.Id);
        var browser = new Jar();
        var first = Assert.IsType<PasswordSignIn.FactorRequired>(await host.SignInAsync(browser, Ada));
        await host.SignInAsync(browser, first.Token, Code(phone, host), remember: true);
        await host.SignInAsync(browser, Ada);

        Assert.False(await IsFreshAsync(host, browser));
        Assert.False(await ByPasswordAsync(host, browser, RecoveryHost.GoodPassword));
        Assert.False(await IsFreshAsync(host, browser));
        host.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.IsType<FactorVerdict.Accepted>(await ByFactorAsync(host, browser, Code(phone, host)));
        Assert.True(await IsFreshAsync(host, browser));
        Assert.True(
            await host.InBrowserAsync(
                browser,
                (_, http) => Task.FromResult(http.User.HasClaim(SessionClaims.Methods, "mfa"))
            )
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Guesses_here_count_with_those_at_sign_in(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        var phone = await host.EnrollTotpAsync(account.Id);
        var browser = new Jar();
        var first = Assert.IsType<PasswordSignIn.FactorRequired>(await host.SignInAsync(browser, Ada));
        await host.SignInAsync(browser, first.Token, Code(phone, host));
        var wrong = new FactorProof.Totp(phone.WrongCodeAt(host.Time.GetUtcNow()));
        for (var i = 0; i < 5; i++)
        {
            await ByFactorAsync(host, browser, wrong);
        }

        host.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.IsType<FactorVerdict.Closed>(await ByFactorAsync(host, browser, Code(phone, host)));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_page_may_ask_for_a_fresher_one_and_never_for_an_older_one(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        var browser = new Jar();
        await host.SignInAsync(browser, Ada);
        host.Time.Advance(TimeSpan.FromMinutes(3));

        Assert.True(await IsFreshAsync(host, browser));
        Assert.True(await IsFreshAsync(host, browser, TimeSpan.FromMinutes(4)));
        Assert.False(await IsFreshAsync(host, browser, TimeSpan.FromMinutes(3)));
        host.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.False(await IsFreshAsync(host, browser, TimeSpan.FromMinutes(60)));
    }

    private static FactorProof.Totp Code(Authenticator phone, RecoveryHost host) =>
        new(phone.CodeAt(host.Time.GetUtcNow()));

    private static Task<bool> IsFreshAsync(RecoveryHost host, Jar browser, TimeSpan? within = null) =>
        host.InBrowserAsync(
            browser,
            (p, http) =>
                p.GetRequiredService<ProveAgain>()
                    .IsFreshAsync(http.User.AccountId(), http.User.SessionOf(), within, Cancelled)
        );

    private static Task<bool> ByPasswordAsync(RecoveryHost host, Jar browser, string password) =>
        host.InBrowserAsync(
            browser,
            (p, http) => p.GetRequiredService<ProveAgain>().RunAsync(http, password, RecoveryHost.Origin, Cancelled)
        );

    private static Task<FactorVerdict> ByFactorAsync(RecoveryHost host, Jar browser, FactorProof proof) =>
        host.InBrowserAsync(
            browser,
            (p, http) => p.GetRequiredService<ProveAgain>().RunAsync(http, proof, RecoveryHost.Origin, Cancelled)
        );
}
