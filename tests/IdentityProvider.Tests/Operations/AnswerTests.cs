using System.Net;
using System.Text;
using IdentityProvider.Data;
using IdP.Recovery.PasswordReset;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Operations;

/// <summary>What every answer carries, and what a request that is wrong or meets a busy database gets.</summary>
public sealed class AnswerTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/login")]
    [InlineData("/no-such-page")]
    [InlineData("/account")]
    [InlineData("/health/live")]
    [InlineData("/branding.css")]
    [InlineData("/connect/authorize")]
    [InlineData("/connect/nothing")]
    [InlineData("/.well-known/openid-configuration")]
    public async Task Every_answer_carries_the_security_headers(string path)
    {
        await using var host = await ProviderFixture.StartAsync();
        using var browser = host.NewBrowser();

        var headers = (await browser.GetAsync(path)).Response.Headers;

        var policy = Assert.Single(headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe-inline", policy, StringComparison.Ordinal);
        Assert.Equal("no-referrer", Assert.Single(headers.GetValues("Referrer-Policy")));
        Assert.Equal("nosniff", Assert.Single(headers.GetValues("X-Content-Type-Options")));
        Assert.True(headers.Contains("Permissions-Policy"));
        Assert.False(headers.Contains("Server"));
        Assert.False(headers.Contains("Strict-Transport-Security"));
    }

    [Fact]
    public async Task A_page_is_kept_in_no_cache()
    {
        await using var host = await ProviderFixture.StartAsync();
        using var browser = host.NewBrowser();

        var page = await browser.GetAsync("/supported-browsers");

        Assert.True(page.Response.Headers.CacheControl!.NoStore);
    }

    [Fact]
    public async Task An_application_is_told_of_a_failure_in_json_and_a_person_by_a_page()
    {
        await using var host = await ProviderFixture.StartAsync();
        using var browser = host.NewBrowser();

        var api = await browser.GetAsync("/connect/nothing");
        var page = await browser.GetAsync("/nothing");

        Assert.Equal(HttpStatusCode.NotFound, api.Status);
        Assert.Equal("application/problem+json", api.Response.Content.Headers.ContentType!.MediaType);
        Assert.Equal(HttpStatusCode.NotFound, page.Status);
        Assert.NotNull(page.Heading);
    }

    [Theory]
    [InlineData("Email=a%40example.test&Email=b%40example.test")]
    [InlineData("Email[]=a%40example.test&Email=b%40example.test&Email=c%40example.test")]
    [InlineData("Email=a%40example.test%00")]
    [InlineData("Email=a%40example.test%E2%80%AE")]
    public async Task A_form_out_of_shape_gets_a_page_that_says_so_and_keeps_nothing(string form)
    {
        await using var host = await ProviderFixture.StartAsync();
        using var browser = host.NewBrowser();

        var answer = await PostAsync(browser, "/reset/user", form);

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.NotNull(answer.Heading);
        Assert.DoesNotContain("   at ", answer.Text, StringComparison.Ordinal);
        Assert.Empty(await RequestsAsync(host));
    }

    [Fact]
    public async Task A_form_that_is_too_long_is_turned_away()
    {
        await using var host = await ProviderFixture.StartAsync();
        using var browser = host.NewBrowser();

        var answer = await PostAsync(browser, "/reset/user", "Email=" + new string('a', 70_000));

        Assert.InRange((int)answer.Status, 400, 499);
        Assert.Empty(await RequestsAsync(host));
    }

    [Fact]
    public async Task A_locked_SQLite_file_is_answered_503_and_nothing_is_kept()
    {
        await using var host = await ProviderFixture.StartAsync();
        using var browser = host.NewBrowser();
        var form = await browser.GetAsync("/reset/user");
        await using var other = new SqliteConnection(host.Database.ConnectionString);
        await other.OpenAsync(Cancelled);
        TestPage answer;
        await using (var transaction = await other.BeginTransactionAsync(Cancelled))
        {
            answer = await browser.SubmitAsync(form, ("Email", "ada@example.test"));
        }

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.Status);
        Assert.NotNull(answer.Response.Headers.RetryAfter);
        Assert.NotNull(answer.Heading);
        Assert.Empty(await RequestsAsync(host));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_host_that_serves_is_live_and_ready(DatabaseProvider provider)
    {
        await using var host = await ProviderFixture.StartAsync(provider, scheduler: true);
        using var browser = host.NewBrowser();

        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/health/live")).Status);
        var ready = await browser.GetAsync("/health/ready");
        Assert.True(ready.Status == HttpStatusCode.OK, ready.Text);
    }

    private static async Task<TestPage> PostAsync(TestBrowser browser, string path, string form)
    {
        using var content = new StringContent(form, Encoding.UTF8, "application/x-www-form-urlencoded");
        return await TestPage.ReadAsync(
            await browser.Client.PostAsync(new Uri(path, UriKind.Relative), content, Cancelled)
        );
    }

    private static async Task<List<ResetRequest>> RequestsAsync(ProviderFixture host)
    {
        await using var context = host.Database.OpenContext();
        return await context.Set<ResetRequest>().ToListAsync(Cancelled);
    }
}
