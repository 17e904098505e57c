using System.Net;
using IdentityProvider.Data;
using IdentityProvider.Tests.OpenId;
using IdP.Recovery.Audit;
using IdP.Recovery.PasswordReset;
using Microsoft.EntityFrameworkCore;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Operations;

/// <summary>PostgreSQL stops under a host that runs, and comes back.</summary>
public sealed class DatabaseAwayTests
{
    private static readonly CodeRequest Offline = new() { Scope = "openid offline_access" };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task While_the_database_is_away_the_answer_is_503_and_nothing_is_half_done_when_it_is_back()
    {
        await using var server = await OwnPostgreSql.StartAsync();
        await using var idp = await OpenIdHost.StartAsync(
            DatabaseProvider.PostgreSql,
            on: await TestDatabase.CreateAsync(server)
        );
        var account = await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        using var stranger = idp.Host.NewBrowser();
        var tokens = await idp.TokensAsync(browser, Offline);
        var code = await idp.CodeAsync(browser, Offline);
        var signIn = await stranger.GetAsync("/login");
        var reset = await stranger.GetAsync("/reset/user");
        var before = await CountAsync(idp);

        await server.HaltAsync();

        IsAway(await browser.GetAsync("/account"));
        IsAway(await browser.GetAsync(new CodeRequest().Address));
        IsAway(await stranger.SubmitAsync(reset, ("Email", "ada@example.test")));
        for (var i = 0; i < 6; i++)
        {
            IsAway(await stranger.SubmitAsync(signIn, Credentials("a wrong password, six times")));
        }

        IsAway(await idp.RefreshAsync("app", tokens.RefreshToken));
        IsAway(await idp.RedeemAsync(Offline, code));
        IsAway(await idp.UserInfoAsync(tokens.AccessToken));
        IsAway(await idp.IntrospectAsync("app", tokens.RefreshToken));

        // What needs no database goes on.
        Assert.Equal(HttpStatusCode.OK, (await stranger.GetAsync("/health/live")).Status);
        var ready = await stranger.GetAsync("/health/ready");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.Status);
        Assert.Contains("\"database\":\"Unhealthy\"", ready.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await stranger.GetAsync("/login")).Status);
        Assert.Equal(HttpStatusCode.OK, (await stranger.GetAsync("/.well-known/jwks")).Status);

        await server.ResumeAsync();

        Assert.Equal(before, await CountAsync(idp));
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/account")).Status);
        Assert.Equal(200, (await idp.RefreshAsync("app", tokens.RefreshToken)).Status);
        Assert.Equal(200, (await idp.RedeemAsync(Offline, code)).Status);
        Assert.Equal(200, (await idp.UserInfoAsync(tokens.AccessToken)).Status);
        await stranger.SubmitAsync(reset, ("Email", "ada@example.test"));
        Assert.Equal(
            HttpStatusCode.SeeOther,
            (await stranger.SubmitAsync(signIn, Credentials(ProviderFixture.GoodPassword))).Status
        );
        await using var context = idp.Host.Database.OpenContext();
        Assert.Equal(1, await context.Set<ResetRequest>().CountAsync(Cancelled));
        Assert.Equal(account.SecurityStamp, (await context.Users.SingleAsync(Cancelled)).SecurityStamp);
    }

    private static (string, string?)[] Credentials(string password) =>
        [("Email", "ada@example.test"), ("Password", password)];

    private static async Task<(int Requests, int Events, int Sessions)> CountAsync(OpenIdHost idp)
    {
        await using var context = idp.Host.Database.OpenContext();
        return (
            await context.Set<ResetRequest>().CountAsync(Cancelled),
            await context.Set<AuditEvent>().CountAsync(Cancelled),
            await context.Sessions.CountAsync(Cancelled)
        );
    }

    private static void IsAway(TestPage page)
    {
        Assert.True(page.Status == HttpStatusCode.ServiceUnavailable, page.Status + page.Text);
        Assert.NotNull(page.Response.Headers.RetryAfter);
        Assert.NotNull(page.Heading);
        Assert.DoesNotContain("Npgsql", page.Text, StringComparison.Ordinal);
    }

    private static void IsAway(Answer answer)
    {
        Assert.True(answer.Status == 503, answer.Status + answer.Text);
        Assert.NotNull(answer.Response.Headers.RetryAfter);
        Assert.Equal("application/problem+json", answer.Response.Content.Headers.ContentType!.MediaType);
        Assert.DoesNotContain("Npgsql", answer.Text, StringComparison.Ordinal);
    }
}
