using AngleSharp.Dom;
using Microsoft.AspNetCore.Mvc.Infrastructure;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.UI;

/// <summary>How a host makes the pages its own: by its name, its mark, its stylesheet, and by a page of its own.</summary>
public sealed class BrandingTests
{
    [Theory]
    [InlineData("/login")]
    [InlineData("/no-such-page")]
    public async Task A_page_carries_the_hosts_name_and_mark_and_its_stylesheet_last(string path)
    {
        await using var host = await ProviderFixture.StartAsync(
            settings:
            [
                ("Branding:Name", "Konto & Land"),
                ("Branding:LogoUrl", "/logo.svg"),
                ("Branding:Stylesheet", "/brand.css"),
            ]
        );

        var page = await OpenAsync(host, path);

        Assert.EndsWith(" · Konto & Land", page.Title, StringComparison.Ordinal);
        var brand = page.QuerySelector(".brand")!;
        Assert.Equal("Konto & Land", brand.TextContent.Trim());
        Assert.Equal("/logo.svg", brand.QuerySelector("img")!.GetAttribute("src"));
        // Order: what is loaded last wins.
        Assert.Equal("/brand.css", page.QuerySelectorAll("link[rel=stylesheet]")[^1].GetAttribute("href"));
    }

    [Fact]
    public async Task Without_a_mark_and_a_stylesheet_the_built_in_ones_are_shown()
    {
        await using var host = await ProviderFixture.StartAsync();

        var page = await OpenAsync(host, "/login");

        Assert.NotNull(page.QuerySelector(".brand svg"));
        Assert.Null(page.QuerySelector(".brand img"));
        Assert.StartsWith(
            "/branding.css",
            page.QuerySelectorAll("link[rel=stylesheet]")[^1].GetAttribute("href"),
            StringComparison.Ordinal
        );
    }

    /// <summary>Security: another origin, or a path that a browser takes for one.</summary>
    [Theory]
    [InlineData("Branding:LogoUrl", "https://elsewhere.test/logo.svg")]
    [InlineData("Branding:LogoUrl", "//elsewhere.test/logo.svg")]
    [InlineData("Branding:Stylesheet", "/\\elsewhere.test/brand.css")]
    [InlineData("Branding:Stylesheet", "brand.css")]
    public async Task A_mark_or_a_stylesheet_from_elsewhere_keeps_the_host_from_starting(string setting, string value)
    {
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() =>
            ProviderFixture.StartAsync(settings: [(setting, value)])
        );

        Assert.Contains(setting, refused.Message, StringComparison.Ordinal);
    }

    /// <summary>The library has a page at this path as well; the host's own is the one that is there.</summary>
    [Fact]
    public async Task A_page_of_the_host_takes_the_place_of_the_librarys_at_the_same_path()
    {
        await using var host = await ProviderFixture.StartAsync();

        var pages = host
            .Services.GetRequiredService<IActionDescriptorCollectionProvider>()
            .ActionDescriptors.Items.OfType<PageActionDescriptor>()
            .Where(p => p.ViewEnginePath == "/SignOut");
        await host.CreateAccountAsync();
        using var browser = host.NewBrowser();
        await browser.SubmitAsync(
            await browser.GetAsync("/login"),
            ("Email", "ada@example.test"),
            ("Password", ProviderFixture.GoodPassword)
        );
        var page = (await browser.OpenAsync("/logout")).Document;

        Assert.Equal("logout", Assert.Single(pages).AttributeRouteInfo!.Template);
        // Only the host's asks where one goes afterwards.
        Assert.NotNull(page.QuerySelector("main form input[name=ReturnUrl]"));
    }

    private static async Task<IDocument> OpenAsync(ProviderFixture host, string path)
    {
        using var browser = host.NewBrowser();
        return (await browser.OpenAsync(path)).Document;
    }
}
