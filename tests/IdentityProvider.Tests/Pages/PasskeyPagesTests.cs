using System.Net;
using System.Text.Json;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Factors.Passkeys;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Pages;

/// <summary>The pages of passkeys over HTTP, with an authenticator in memory in the browser's place.</summary>
public sealed class PasskeyPagesTests
{
    private const string Ada = "ada@example.test";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Password_managers_find_where_passkeys_are_added_and_managed()
    {
        await using var host = await ProviderFixture.StartAsync();
        using var browser = host.NewBrowser();

        using var answer = await browser.Client.GetAsync(
            new Uri("/.well-known/passkey-endpoints", UriKind.Relative),
            Cancelled
        );

        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancelled));
        var page = new Uri(host.Origin, "/account/security/passkeys").ToString();
        Assert.Equal(page, json.RootElement.GetProperty("enroll").GetString());
        Assert.Equal(page, json.RootElement.GetProperty("manage").GetString());
    }

    [Fact]
    public async Task Browsers_find_which_other_origins_may_use_the_same_passkeys()
    {
        await using var host = await ProviderFixture.StartAsync(
            DatabaseProvider.Sqlite,
            [("AccountRecovery:Passkeys:RelatedOrigins:0", "https://login.example.org")]
        );
        using var browser = host.NewBrowser();

        using var answer = await browser.Client.GetAsync(new Uri("/.well-known/webauthn", UriKind.Relative), Cancelled);

        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancelled));
        Assert.Equal(
            [host.Origin.GetLeftPart(UriPartial.Authority), "https://login.example.org"],
            json.RootElement.GetProperty("origins").EnumerateArray().Select(o => o.GetString())
        );
    }

    [Fact]
    public async Task Where_there_are_none_nothing_is_said()
    {
        await using var host = await ProviderFixture.StartAsync();
        using var browser = host.NewBrowser();

        using var answer = await browser.Client.GetAsync(new Uri("/.well-known/webauthn", UriKind.Relative), Cancelled);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Somebody_signs_in_and_goes_where_they_wanted(DatabaseProvider provider)
    {
        await using var host = await ProviderFixture.StartAsync(provider);
        using var held = await EnrollAsync(host, administrator: false);
        using var browser = host.NewBrowser();
        var page = await browser.GetAsync("/login?returnUrl=%2Faccount%2Fsessions");

        var answer = await UseAsync(browser, page, held);

        Assert.Equal(HttpStatusCode.SeeOther, answer.Status);
        Assert.Equal(new Uri(host.Origin, "/account/sessions").ToString(), answer.RedirectsTo);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/account")).Status);
    }

    [Fact]
    public async Task An_administrator_comes_to_the_console_and_a_return_address_elsewhere_is_dropped()
    {
        await using var host = await ProviderFixture.StartAsync();
        using var held = await EnrollAsync(host, administrator: true);
        using var browser = host.NewBrowser();
        var page = await browser.GetAsync("/login/administrator?returnUrl=https%3A%2F%2Fevil.test%2F");

        var answer = await UseAsync(browser, page, held);

        Assert.Equal(new Uri(host.Origin, "/admin").ToString(), answer.RedirectsTo);
    }

    [Fact]
    public async Task A_refused_passkey_is_told_and_offered_again()
    {
        await using var host = await ProviderFixture.StartAsync();
        using var held = await EnrollAsync(host, administrator: false);
        using var browser = host.NewBrowser();
        var page = await browser.GetAsync("/login");
        held.Origin = "https://evil.test";

        var refused = await UseAsync(browser, page, held);

        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.Contains("not accepted", refused.Text, StringComparison.Ordinal);
        held.Origin = host.Origin.GetLeftPart(UriPartial.Authority);
        var answer = await UseAsync(browser, refused, held);
        Assert.Equal(HttpStatusCode.SeeOther, answer.Status);
    }

    [Fact]
    public async Task The_domain_is_the_configured_one_whatever_host_a_request_names()
    {
        await using var host = await ProviderFixture.StartAsync();
        using var browser = host.NewBrowser();
        using var request = new HttpRequestMessage(
            HttpMethod.Get,
            new Uri("/login/passkey?handler=Fresh", UriKind.Relative)
        );
        request.Headers.Host = "evil.test";

        using var answer = await browser.Client.SendAsync(request, Cancelled);

        Assert.DoesNotContain("evil", await answer.Content.ReadAsStringAsync(Cancelled), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_passkey_is_renamed_and_removed_without_javascript()
    {
        await using var host = await ProviderFixture.StartAsync();
        using var held = await EnrollAsync(host, administrator: false);
        using var browser = host.NewBrowser();
        await UseAsync(browser, await browser.GetAsync("/login"), held);
        var list = await browser.GetAsync("/account/security/passkeys");
        var link = list.Document.QuerySelectorAll("a[data-dialog]").Select(a => a.GetAttribute("href")!).First();

        var one = await browser.GetAsync(link);
        var form = one.Document.Forms.Single(f => f.Elements["Name"] is not null);
        var renamed = await browser.SubmitAsync(one, form, ("Name", "Old laptop"));
        Assert.Contains("Old laptop", (await browser.FollowAsync(renamed)).Text, StringComparison.Ordinal);
        one = await browser.GetAsync(link);
        form = one.Document.Forms.Single(f => f.Elements["EndOthers"] is not null && f.Elements["Name"] is null);
        var removed = await browser.FollowAsync(await browser.SubmitAsync(one, form));

        Assert.Contains("No passkeys yet", removed.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await browser.GetAsync(link)).Status);
    }

    [Fact]
    public async Task A_page_that_was_open_for_too_long_says_so_and_works_at_the_second_try()
    {
        await using var host = await ProviderFixture.StartAsync();
        using var held = await EnrollAsync(host, administrator: false);
        using var browser = host.NewBrowser();
        var second = await browser.FollowAsync(
            await browser.SubmitAsync(
                await browser.GetAsync("/login"),
                ("Email", Ada),
                ("Password", ProviderFixture.GoodPassword)
            )
        );
        host.Time.Advance(TimeSpan.FromMinutes(6));

        var late = await UseAsync(browser, second, held);

        Assert.Equal(HttpStatusCode.BadRequest, late.Status);
        Assert.Contains("open for too long", late.Text, StringComparison.Ordinal);
        Assert.EndsWith("/account", (await UseAsync(browser, late, held)).RedirectsTo, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_list_of_passkeys_is_given_out_before_a_password_or_a_link()
    {
        await using var host = await ProviderFixture.StartAsync();
        using var held = await EnrollAsync(host, administrator: false);
        using var browser = host.NewBrowser();
        var page = await browser.GetAsync("/login");
        foreach (var email in new[] { Ada, "nobody@example.test" })
        {
            page = await browser.SubmitAsync(page, ("Email", email), ("Password", "a wrong one"));
            var options = page.Document.QuerySelector("[data-passkey=use]")!.GetAttribute("data-options")!;
            using var asked = JsonDocument.Parse(options);

            Assert.Equal(0, asked.RootElement.GetProperty("allowCredentials").GetArrayLength());
        }
    }

    [Fact]
    public async Task An_answer_that_one_browser_was_asked_for_signs_no_other_in()
    {
        await using var host = await ProviderFixture.StartAsync();
        using var held = await EnrollAsync(host, administrator: false);
        using var browser = host.NewBrowser();
        using var other = host.NewBrowser();
        var page = await browser.GetAsync("/login/passkey");
        var box = page.Document.QuerySelector("[data-passkey=use]")!;
        var answer = held.Use(box.GetAttribute("data-options")!);
        var state = page.Document.QuerySelector("[name=PasskeyState]")!.GetAttribute("value")!;

        var stolen = await other.SubmitAsync(
            await other.GetAsync("/login/passkey"),
            ("PasskeyState", state),
            ("PasskeyCredential", answer)
        );

        Assert.Equal(HttpStatusCode.BadRequest, stolen.Status);
        Assert.Null(stolen.RedirectsTo);
        Assert.EndsWith("/account", (await UseAsync(browser, page, held)).RedirectsTo, StringComparison.Ordinal);
    }

    private static async Task<SoftAuthenticator> EnrollAsync(ProviderFixture host, bool administrator)
    {
        var account = await host.CreateAccountAsync(Ada, administrator: administrator);
        var held = new SoftAuthenticator(host.Origin.GetLeftPart(UriPartial.Authority));
        await host.InScopeAsync(async p =>
        {
            var owner = await p.GetRequiredService<IAccounts>().FindAsync(account.Id, Cancelled);
            var create = p.GetRequiredService<CreatePasskey>();
            var ceremony = await create.BeginAsync(owner!, null, Cancelled);
            var created = await create.FinishAsync(
                owner!,
                null,
                ceremony.State,
                held.Create(ceremony.OptionsJson),
                "Laptop",
                Requester.None,
                Cancelled
            );
            return Assert.IsType<CreatedPasskey.Done>(created);
        });
        return held;
    }

    // What the page's script does.
    private static Task<TestPage> UseAsync(TestBrowser browser, TestPage page, SoftAuthenticator held)
    {
        var box = page.Document.QuerySelector("[data-passkey=use]")!;
        var form = page.Document.Forms.Single(f => f.Contains(box));
        return browser.SubmitAsync(page, form, ("PasskeyCredential", held.Use(box.GetAttribute("data-options")!)));
    }
}
