using IdentityProvider.Clients;
using IdentityProvider.Tests.OpenId;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Clients;

/// <summary>The name and the logo of the application that asks, on the page where a person answers.</summary>
public sealed class LogoTests
{
    [Theory]
    [InlineData("https://cdn.example.test/a/logo.svg", "https://cdn.example.test")]
    [InlineData("/logo.svg", null)]
    public async Task A_logo_is_shown_where_its_application_asks_and_allowed_nowhere_else(string logo, string? origin)
    {
        await using var idp = await OpenIdHost.StartAsync(declare: d => OpenIdHost.Client(d, "app")["logoUri"] = logo);
        using var browser = idp.Host.NewBrowser();

        var page = await idp.AuthorizeAsync(browser, new());
        var own = await browser.GetAsync("/login");

        Assert.Equal(logo, page.Document.QuerySelector("img.asker-mark")?.GetAttribute("src"));
        Assert.Equal(string.Join(' ', ((string?[])["img-src 'self' data:", origin]).OfType<string>()), Pictures(page));
        Assert.Equal("img-src 'self' data:", Pictures(own));
    }

    [Fact]
    public async Task An_application_is_named_however_long_its_request_is()
    {
        await using var idp = await OpenIdHost.StartAsync();
        using var browser = idp.Host.NewBrowser();

        var page = await idp.AuthorizeAsync(browser, new() { With = [("state", new string('s', 6_000))] });

        Assert.Contains("The application app", page.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://cdn.example.test/logo.svg")]
    [InlineData("//cdn.example.test/logo.svg")]
    [InlineData("/\\cdn.example.test/logo.svg")]
    [InlineData("javascript:alert(1)")]
    [InlineData("logo.svg")]
    public async Task A_logo_that_no_page_could_show_is_refused_in_the_file(string logo)
    {
        var refused = await Assert.ThrowsAsync<ClientsFileException>(() =>
            OpenIdHost.StartAsync(declare: d => OpenIdHost.Client(d, "app")["logoUri"] = logo)
        );

        Assert.Contains("client 'app': logoUri must be", refused.Message, StringComparison.Ordinal);
    }

    private static string Pictures(TestPage page) =>
        Assert
            .Single(page.Response.Headers.GetValues("Content-Security-Policy"))
            .Split("; ")
            .Single(d => d.StartsWith("img-src", StringComparison.Ordinal));
}
