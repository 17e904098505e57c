using System.Net;
using IdP.Recovery.Passwords;
using IdP.UI;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Hosting;

/// <summary>The page on which whoever a host of others has signed in sets an authenticator app up.</summary>
public sealed class EnrollPageTests : ForeignWebTests
{
    private const string Password = "Correct-horse-1";

    [Fact]
    public async Task A_code_of_the_shown_key_and_the_password_set_it_up_and_codes_are_shown_once()
    {
        await using var app = await StartWithPagesAsync();
        using var browser = await SignInAsync(app);

        var page = await browser.GetAsync("/enroll?returnUrl=/Privacy");
        var key = page.Document.QuerySelector("#totp-key")!.TextContent;
        var wrong = await SubmitAsync(browser, page, key, "not the password");
        Assert.Equal(key, wrong.Document.QuerySelector("#totp-key")!.TextContent);
        var done = await SubmitAsync(browser, wrong, key, Password);
        var again = await browser.GetAsync("/enroll");

        Assert.Equal(HttpStatusCode.BadRequest, wrong.Status);
        Assert.Contains("The password is wrong.", wrong.Text);
        Assert.Equal(10, done.Document.QuerySelectorAll("#codes li").Length);
        Assert.True(done.Response.Headers.CacheControl?.NoStore);
        Assert.NotNull(done.Document.QuerySelector("a.button[href='/Privacy']"));
        Assert.Null(again.Document.QuerySelector("#totp-key"));
        Assert.Contains("You have a second factor", again.Text);
    }

    [Fact]
    public async Task Nobody_is_led_elsewhere_and_nobody_without_a_session_sees_a_key()
    {
        await using var app = await StartWithPagesAsync();
        using var browser = await SignInAsync(app);
        using var stranger = new TestBrowser(new Uri(app.Urls.First()), null);

        var page = await browser.GetAsync("/enroll?returnUrl=https://evil.example.test/");

        Assert.Contains("totp-key", page.Text);
        Assert.DoesNotContain("evil.example.test\"", page.Document.QuerySelector(".ways")!.InnerHtml);
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync("/enroll")).Status);
    }

    [Fact]
    public async Task Whoever_has_no_password_chooses_one_first()
    {
        await using var app = await StartWithPagesAsync();
        using var browser = await SignInAsync(app);
        await using (var context = OpenContext())
        {
            await context.Users.ExecuteUpdateAsync(u => u.SetProperty(x => x.PasswordHash, (string?)null), Cancelled);
        }

        var page = await browser.GetAsync("/enroll");

        Assert.Null(page.Document.QuerySelector("#totp-key"));
        Assert.NotNull(page.Document.QuerySelector("a.button[href='/reset/user']"));
    }

    [Fact]
    public async Task Too_much_at_once_is_told_and_when_to_try_again()
    {
        await using var app = await StartWithPagesAsync();
        using var browser = await SignInAsync(app);
        var page = await browser.GetAsync("/enroll");
        var key = page.Document.QuerySelector("#totp-key")!.TextContent;
        using var place = app.Services.GetRequiredService<HashingQueue>().Take();

        var busy = await SubmitAsync(browser, page, key, Password);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, busy.Status);
        Assert.Equal(HashingQueueFullException.RetryAfter, busy.Response.Headers.RetryAfter!.Delta);
        Assert.Contains("Nothing was changed.", busy.Text);
    }

    private protected override void Map(WebApplication app)
    {
        app.MapGet(
            "/own/sign-in",
            async (SignInManager<IdentityUser> people) =>
                (await people.PasswordSignInAsync(Ada, Password, false, false)).Succeeded
                    ? Results.Ok()
                    : Results.Unauthorized()
        );
        app.MapRecoveryPages();
    }

    private async Task<WebApplication> StartWithPagesAsync()
    {
        await MakeDatabaseAsync();
        var app = Build(
            services => services.AddRecoveryPages(new ConfigurationBuilder().Build()),
            settings: [("AccountRecovery:Hashing:Parallel", "1"), ("AccountRecovery:Hashing:Waiting", "0")]
        );
        await app.StartAsync(Cancelled);
        await CreateAsync(app);
        return app;
    }

    private static async Task<TestBrowser> SignInAsync(WebApplication app)
    {
        var browser = new TestBrowser(new Uri(app.Urls.First()), null);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/own/sign-in")).Status);
        return browser;
    }

    private Task<TestPage> SubmitAsync(TestBrowser browser, TestPage page, string key, string password) =>
        browser.SubmitAsync(page, ("Code", new Authenticator(key).CodeAt(Time.GetUtcNow())), ("Password", password));
}
