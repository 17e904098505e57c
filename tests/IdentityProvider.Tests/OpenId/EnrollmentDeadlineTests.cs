using System.Net;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Console;
using IdP.Recovery.Enrollment;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.OpenId;

/// <summary>At the end of an enrollment period tokens stop by the clock, with every job at rest, and grants wait.</summary>
public sealed class EnrollmentDeadlineTests
{
    private static readonly CodeRequest Offline = new() { Scope = "openid offline_access" };

    private static readonly (string, string)[] LongSessions =
    [
        ("Sessions:Idle", "1.00:00:00"),
        ("Sessions:Lifetime", "7.00:00:00"),
    ];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_refresh_token_stops_at_the_deadline_and_is_good_again_with_a_new_period(
        DatabaseProvider provider
    )
    {
        await using var idp = await OpenIdHost.StartAsync(provider, settings: LongSessions);
        var ada = await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var tokens = await idp.TokensAsync(browser, Offline);
        await SetAsync(idp, ada.Id, 1);

        var within = await idp.RefreshAsync("app", tokens.RefreshToken);
        Assert.Equal(200, within.Status);
        idp.Host.Time.Advance(TimeSpan.FromHours(12));
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/account")).Status);
        idp.Host.Time.Advance(TimeSpan.FromHours(12));

        Assert.Equal("invalid_grant", (await idp.RefreshAsync("app", within.RefreshToken)).Error);
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.GetAsync("/account")).Status);
        Assert.Equal("invalid_grant", (await idp.RefreshAsync("app", within.RefreshToken)).Error);

        await SetAsync(idp, ada.Id, 2);
        Assert.Equal(200, (await idp.RefreshAsync("app", within.RefreshToken)).Status);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/account")).Status);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_code_from_before_the_deadline_gives_nothing_after_it(DatabaseProvider provider)
    {
        await using var idp = await OpenIdHost.StartAsync(provider, settings: LongSessions);
        var ada = await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        await SetAsync(idp, ada.Id, 1);
        idp.Host.Time.Advance(TimeSpan.FromDays(1) - TimeSpan.FromSeconds(10));
        var code = await idp.CodeAsync(browser, Offline);
        idp.Host.Time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal("invalid_grant", (await idp.RedeemAsync(Offline, code)).Error);
    }

    private static async Task SetAsync(OpenIdHost idp, string accountId, int days) =>
        Assert.IsType<EnrollmentPeriodSet.Done>(
            await idp.Host.InScopeAsync(p =>
                p.GetRequiredService<SetEnrollmentPeriod>()
                    .RunAsync(
                        Actor.CommandLine,
                        accountId,
                        EnrollmentPeriod.Of(days)!.Value,
                        "no phone yet",
                        Requester.None,
                        Cancelled
                    )
            )
        );
}
