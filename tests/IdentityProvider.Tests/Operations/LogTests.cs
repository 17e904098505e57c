using IdentityProvider.Data;
using IdP.Recovery.Ports;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Operations;

/// <summary>Threat 18: what the host writes down holds ids, and neither a token nor an address.</summary>
public sealed class LogTests
{
    private const string Ada = "ada.with.a.rare.name@example.test";

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_log_of_a_whole_reset_holds_no_token_no_address_and_no_password(DatabaseProvider provider)
    {
        using var log = new KeptLog();
        await using var host = await ProviderFixture.StartAsync(provider, services: log.Keep);
        await host.CreateAccountAsync(Ada);
        using var browser = host.NewBrowser();
        await browser.SubmitAsync(await browser.GetAsync("/reset/user"), ("Email", Ada));
        await host.DrainAsync();
        var link = host.Mails.Last<RecoveryMail.PasswordResetLink>().Link;
        var form = await browser.OpenAsync(link.ToString());
        var done = await browser.SubmitAsync(form, ("Password", ProviderFixture.BetterPassword));
        Assert.Equal("Your password is changed", (await browser.FollowAsync(done)).Heading);
        await host.DrainAsync();
        var signIn = await browser.GetAsync("/login?login_hint=" + Uri.EscapeDataString(Ada));
        await browser.SubmitAsync(signIn, ("Email", Ada), ("Password", "not this one at all"));
        await browser.SubmitAsync(signIn, ("Email", Ada), ("Password", ProviderFixture.BetterPassword));

        Assert.NotEmpty(log.Lines);
        string[] secrets =
        [
            "ada.with.a.rare.name",
            link.Token(),
            host.Mails.Last<RecoveryMail.PasswordChanged>().NotMeLink.Token(),
            ProviderFixture.BetterPassword,
            "not this one at all",
            .. browser.Cookies.GetAllCookies().Select(c => c.Value).Where(v => v.Length > 16),
        ];
        foreach (var line in log.Lines)
        {
            Assert.DoesNotContain(secrets, s => line.Contains(s, StringComparison.OrdinalIgnoreCase));
        }
    }
}
