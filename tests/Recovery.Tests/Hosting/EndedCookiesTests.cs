using System.Net;
using System.Security.Claims;
using IdP.Recovery.Ports;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Recovery.Tests.Hosting;

/// <summary>Threat 7 in a host whose sessions are Identity's cookies alone.</summary>
public sealed class EndedCookiesTests : ForeignWebTests
{
    [Fact]
    public async Task A_cookie_from_before_a_reset_is_refused_within_a_second_on_every_node()
    {
        await MakeDatabaseAsync();
        await using var one = await StartAsync();
        await using var other = await StartAsync();
        await CreateAsync(one);
        using var browser = new HttpClient(new HttpClientHandler { UseCookies = false });
        var cookie = await SignInAsync(browser, one);
        Assert.Equal(HttpStatusCode.OK, await VisitAsync(browser, one, cookie));
        Assert.Equal(HttpStatusCode.OK, await VisitAsync(browser, other, cookie));

        await ResetAsync(one);
        Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(HttpStatusCode.Unauthorized, await VisitAsync(browser, one, cookie));
        Assert.Equal(HttpStatusCode.Unauthorized, await VisitAsync(browser, other, cookie));
        Assert.Equal(HttpStatusCode.OK, await VisitAsync(browser, other, await SignInAsync(browser, one)));
    }

    [Fact]
    public async Task A_stamp_that_the_host_replaces_is_the_hosts_affair()
    {
        await MakeDatabaseAsync();
        await using var app = await StartAsync();
        await CreateAsync(app);
        using var browser = new HttpClient(new HttpClientHandler { UseCookies = false });
        var cookie = await SignInAsync(browser, app);

        await ReplaceStampAsync();
        Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.OK, await VisitAsync(browser, app, cookie));

        // As Identity has it: when its interval is over.
        Time.Advance(TimeSpan.FromMinutes(31));
        Assert.Equal(HttpStatusCode.Unauthorized, await VisitAsync(browser, app, cookie));
    }

    [Fact]
    public async Task A_cookie_from_after_a_reset_survives_what_the_host_does_then()
    {
        await MakeDatabaseAsync();
        await using var app = await StartAsync();
        await CreateAsync(app);
        await ResetAsync(app);
        Time.Advance(TimeSpan.FromSeconds(1));
        using var browser = new HttpClient(new HttpClientHandler { UseCookies = false });
        var cookie = await SignInAsync(browser, app);

        await ReplaceStampAsync();
        Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(HttpStatusCode.OK, await VisitAsync(browser, app, cookie));

        // Another reset ends it, however soon it comes.
        await ResetAsync(app, Third);
        Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.Unauthorized, await VisitAsync(browser, app, cookie));
    }

    [Fact]
    public async Task A_sign_in_that_waits_for_its_second_factor_and_a_remembered_browser_end_with_a_reset()
    {
        await MakeDatabaseAsync();
        await using var app = await StartAsync();
        await CreateAsync(app);
        using var browser = new HttpClient(new HttpClientHandler { UseCookies = false });
        var waiting = await SignInAsync(browser, app, "/half");
        var remembered = await SignInAsync(browser, app, "/remember");
        Assert.Equal(HttpStatusCode.OK, await VisitAsync(browser, app, waiting, "/waits"));
        Assert.Equal(HttpStatusCode.OK, await VisitAsync(browser, app, remembered, "/remembers"));

        Time.Advance(TimeSpan.FromSeconds(1));
        await ResetAsync(app);
        Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(HttpStatusCode.Unauthorized, await VisitAsync(browser, app, waiting, "/waits"));
        Assert.Equal(HttpStatusCode.Unauthorized, await VisitAsync(browser, app, remembered, "/remembers"));

        // What begins in the same moment as the reset is done, began after it.
        await ResetAsync(app, Third);
        var next = await SignInAsync(browser, app, "/half");
        Assert.Equal(HttpStatusCode.OK, await VisitAsync(browser, app, next, "/waits"));
    }

    [Fact]
    public async Task All_sessions_end_where_the_plugin_ends_them()
    {
        await MakeDatabaseAsync();
        await using var app = await StartAsync();
        await CreateAsync(app);
        using var browser = new HttpClient(new HttpClientHandler { UseCookies = false });
        var cookie = await SignInAsync(browser, app);

        await using (var scope = app.Services.CreateAsyncScope())
        {
            var id = (
                await scope.ServiceProvider.GetRequiredService<TemplateContext>().Users.SingleAsync(Cancelled)
            ).Id;
            var ended = await scope
                .ServiceProvider.GetRequiredService<IAccountSessions>()
                .EndAllAsync(id, null, SessionEndReason.AccountClosed, Cancelled);
            Assert.Equal(1, ended);
        }

        Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.Unauthorized, await VisitAsync(browser, app, cookie));
    }

    private protected override void Map(WebApplication app)
    {
        app.MapGet("/me", () => "you").RequireAuthorization();
        app.MapPost(
            "/sign-in",
            async (SignInManager<IdentityUser> signIn, UserManager<IdentityUser> users) =>
                await signIn.SignInAsync((await users.FindByEmailAsync(Ada))!, isPersistent: false)
        );

        // As Identity's own pages do it.
        app.MapPost(
            "/half",
            async (HttpContext http, UserManager<IdentityUser> users) =>
            {
                var user = (await users.FindByEmailAsync(Ada))!;
                var who = new ClaimsIdentity(IdentityConstants.TwoFactorUserIdScheme);
                who.AddClaim(new(ClaimTypes.Name, user.Id));
                await http.SignInAsync(IdentityConstants.TwoFactorUserIdScheme, new(who));
            }
        );
        app.MapPost(
            "/remember",
            async (SignInManager<IdentityUser> signIn, UserManager<IdentityUser> users) =>
                await signIn.RememberTwoFactorClientAsync((await users.FindByEmailAsync(Ada))!)
        );
        app.MapGet(
            "/waits",
            async (SignInManager<IdentityUser> signIn) =>
                await signIn.GetTwoFactorAuthenticationUserAsync() is null ? Results.Unauthorized() : Results.Ok()
        );
        app.MapGet(
            "/remembers",
            async (SignInManager<IdentityUser> signIn, UserManager<IdentityUser> users) =>
                await signIn.IsTwoFactorClientRememberedAsync((await users.FindByEmailAsync(Ada))!)
                    ? Results.Ok()
                    : Results.Unauthorized()
        );
    }

    private async Task ReplaceStampAsync()
    {
        await using var context = OpenContext();
        await context.Users.ExecuteUpdateAsync(set => set.SetProperty(u => u.SecurityStamp, "another"), Cancelled);
    }

    private static async Task<HttpStatusCode> VisitAsync(
        HttpClient browser,
        WebApplication app,
        string cookie,
        string path = "/me"
    )
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, app.Urls.First() + path);
        request.Headers.Add("Cookie", cookie);
        using var answer = await browser.SendAsync(request, Cancelled);
        return answer.StatusCode;
    }

    private static async Task<string> SignInAsync(HttpClient browser, WebApplication app, string path = "/sign-in")
    {
        using var answer = await browser.PostAsync(app.Urls.First() + path, null, Cancelled);
        return answer.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
    }
}
