using System.Net;
using AngleSharp.Html.Dom;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Ports;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Pages;

/// <summary>The pages of a person's addresses over HTTP, without JavaScript (requirements 4, 4a and 16).</summary>
public sealed class AddressPagesTests
{
    private const string Ada = "ada@example.test";
    private const string Second = "ada.home@example.test";
    private const string List = "/account/addresses";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Somebody_adds_an_address_signs_in_with_it_and_removes_the_old_one(DatabaseProvider provider)
    {
        await using var host = await ProviderFixture.StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        using var browser = await SignInAsync(host);

        var code = await AddAsync(browser, Second);
        await host.DrainAsync();
        var refused = await browser.SubmitAsync(code, ("Code", "12 34"));
        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.Contains("This code is wrong", refused.Text, StringComparison.Ordinal);
        var list = await browser.FollowAsync(
            await browser.SubmitAsync(refused, ("Code", host.Mails.Last<RecoveryMail.AddressCode>().Code))
        );
        Assert.Contains($"{Second} now counts", list.Text, StringComparison.Ordinal);
        Assert.Equal(["Primary", "Confirmed", "Confirmed"], Statuses(list));

        list = await DoAsync(browser, list, "Primary");
        Assert.Contains($"You sign in with {Second}", list.Text, StringComparison.Ordinal);
        Assert.Equal([Second, Ada], Addresses(list));
        list = await DoAsync(browser, list, "Remove");
        Assert.Equal([Second], Addresses(list));

        await host.DrainAsync();
        using var again = await SignInAsync(host, Second);
        Assert.Equal([Second], Addresses(await again.OpenAsync(List)));
    }

    [Fact]
    public async Task Addresses_of_others_and_free_ones_get_the_same_pages()
    {
        await using var host = await ProviderFixture.StartAsync();
        await host.CreateAccountAsync(Ada);
        await host.CreateAccountAsync("eve@example.test");
        using var browser = await SignInAsync(host);

        var answers = new List<string>();
        foreach (var address in new[] { "eve@example.test", "eva@example.test" })
        {
            var code = await AddAsync(browser, address);
            await host.DrainAsync();
            var refused = await browser.SubmitAsync(code, ("Code", "000000"));
            answers.Add(Without(code, address) + Without(refused, address));
        }

        Assert.Equal(answers[0], answers[1]);
        Assert.Equal(1, host.Mails.Count<RecoveryMail.AddressTaken>());
        Assert.Equal(1, host.Mails.Count<RecoveryMail.AddressCode>());
    }

    [Fact]
    public async Task Every_page_asks_for_a_fresh_proof_and_a_form_without_one_does_nothing()
    {
        await using var host = await ProviderFixture.StartAsync();
        await host.CreateAccountAsync(Ada);
        using var browser = await SignInAsync(host);
        var list = await browser.OpenAsync(List);
        var code = await AddAsync(browser, Second);
        host.Time.Advance(TimeSpan.FromMinutes(6));

        Assert.StartsWith(
            new Uri(host.Origin, "/account/prove").ToString(),
            (await browser.GetAsync(List)).RedirectsTo,
            StringComparison.Ordinal
        );
        var stale = await browser.SubmitAsync(list, ("Email", "other@example.test"));
        Assert.Contains("/account/prove", stale.RedirectsTo, StringComparison.Ordinal);
        var forms = code.Document.Forms.Where(IsOfAddress).ToList();
        Assert.Equal(3, forms.Count);
        foreach (var form in forms)
        {
            var answer = await browser.SubmitAsync(code, form);
            Assert.Contains("/account/prove", answer.RedirectsTo, StringComparison.Ordinal);
        }

        Assert.Equal([Second], (await RowsAsync(host)).Select(a => a.Address));
    }

    [Fact]
    public async Task The_address_of_another_account_is_not_found()
    {
        await using var host = await ProviderFixture.StartAsync();
        await host.CreateAccountAsync(Ada);
        await host.CreateAccountAsync("eve@example.test");
        using var ada = await SignInAsync(host);
        var adas = await AddAsync(ada, Second);
        using var eve = await SignInAsync(host, "eve@example.test");
        var eves = await AddAsync(eve, "eva@example.test");

        Assert.Equal(HttpStatusCode.NotFound, (await eve.GetAsync(adas.Address.PathAndQuery)).Status);
        var forms = eves.Document.Forms.Where(IsOfAddress).ToList();
        Assert.Equal(3, forms.Count);
        foreach (var form in forms)
        {
            form.SetAttribute(
                "action",
                form.GetAttribute("action")!.Replace(Id(eves), Id(adas), StringComparison.Ordinal)
            );
            Assert.Equal(HttpStatusCode.NotFound, (await eve.SubmitAsync(eves, form)).Status);
        }

        Assert.Equal(2, (await RowsAsync(host)).Count);
    }

    [Fact]
    public async Task Nobody_comes_here_without_signing_in()
    {
        await using var host = await ProviderFixture.StartAsync();
        using var browser = host.NewBrowser();

        foreach (var path in new[] { List, $"{List}/{Guid.Empty}" })
        {
            Assert.Contains("/login", (await browser.GetAsync(path)).RedirectsTo, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_cannot_be_added_is_told_beside_the_field()
    {
        await using var host = await ProviderFixture.StartAsync(settings: [("AccountRecovery:Addresses:Max", "1")]);
        await host.CreateAccountAsync(Ada);
        using var browser = await SignInAsync(host);
        var list = await browser.OpenAsync(List);

        var own = await browser.SubmitAsync(list, ("Email", Ada));
        var none = await browser.SubmitAsync(list, ("Email", "nobody"));
        await AddAsync(browser, Second);
        var full = await browser.SubmitAsync(list, ("Email", "more@example.test"));

        Assert.Contains("already counts", own.Text, StringComparison.Ordinal);
        Assert.Contains("Enter an e-mail address", none.Text, StringComparison.Ordinal);
        Assert.Contains("as many addresses", full.Text, StringComparison.Ordinal);
        Assert.All(new[] { own, none, full }, page => Assert.Equal(HttpStatusCode.BadRequest, page.Status));
    }

    [Theory]
    [InlineData("Max", "0", "must be from 1 to 10, but was 0")]
    [InlineData("Max", "11", "must be from 1 to 10, but was 11")]
    [InlineData("CodeLifetime", "1.00:00:01", "must be from 00:01:00 to 1.00:00:00")]
    [InlineData("CodesPerDay", "0", "must be from 1 to 100, but was 0")]
    public async Task A_setting_out_of_range_stops_the_start(string name, string value, string problem)
    {
        var exception = await Assert.ThrowsAnyAsync<Exception>(() =>
            ProviderFixture.StartAsync(settings: [($"AccountRecovery:Addresses:{name}", value)])
        );

        Assert.Contains(problem, exception.ToString(), StringComparison.Ordinal);
    }

    private static async Task<TestBrowser> SignInAsync(ProviderFixture host, string email = Ada)
    {
        var browser = host.NewBrowser();
        await browser.SubmitAsync(
            await browser.GetAsync("/login"),
            ("Email", email),
            ("Password", ProviderFixture.GoodPassword)
        );
        return browser;
    }

    private static async Task<TestPage> AddAsync(TestBrowser browser, string address) =>
        await browser.FollowAsync(await browser.SubmitAsync(await browser.OpenAsync(List), ("Email", address)));

    // On the page of the first address that is not the primary one.
    private static async Task<TestPage> DoAsync(TestBrowser browser, TestPage list, string what)
    {
        var page = await browser.OpenAsync(list.Document.QuerySelector("main a.button")!.GetAttribute("href")!);
        var form = page.Document.Forms.Single(f =>
            f.GetAttribute("action")!.Contains("handler=" + what, StringComparison.Ordinal)
        );
        return await browser.FollowAsync(await browser.SubmitAsync(page, form));
    }

    private static bool IsOfAddress(IHtmlFormElement form) =>
        form.GetAttribute("action")?.Contains("/addresses/", StringComparison.Ordinal) == true;

    private static string Id(TestPage page) => page.Address.Segments[^1];

    private static IEnumerable<string> Statuses(TestPage list) =>
        list.Document.QuerySelectorAll("main .status").Select(s => s.TextContent.Trim());

    private static IEnumerable<string> Addresses(TestPage list) =>
        list.Document.QuerySelectorAll("main h3.address").Select(s => s.TextContent.Trim());

    private static string Without(TestPage page, string address) =>
        page.Document.QuerySelector("main")!.TextContent.Replace(address, "", StringComparison.Ordinal);

    private static Task<List<RecoveryAddress>> RowsAsync(ProviderFixture host) =>
        host.InScopeAsync(p =>
            Microsoft.EntityFrameworkCore.EntityFrameworkQueryableExtensions.ToListAsync(
                ((IdpDbContext)p.GetService(typeof(IdpDbContext))!).Set<RecoveryAddress>(),
                Cancelled
            )
        );
}
