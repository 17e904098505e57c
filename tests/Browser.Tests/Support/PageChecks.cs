using Microsoft.Playwright;
using Tests.Support;
using Xunit;

namespace Browser.Tests.Support;

/// <summary>What every page must hold, wherever a journey comes by: axe finds nothing in light and dark, and more.</summary>
internal static class PageChecks
{
    private const int Narrow = 400;

    private static readonly string[] Rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

    private static readonly ColorScheme[] EveryLook = [ColorScheme.Dark, ColorScheme.Light];

    // What the look decides; the rest is the same markup in both, and looked at once.
    private static readonly string[] RulesOfColours = ["color-contrast", "link-in-text-block"];

    // To be looked at by people: tests/run takes none, IDP_TEST_PICTURES=1 tests/run browser takes them all.
    private static readonly bool Pictures = Environment.GetEnvironmentVariable("IDP_TEST_PICTURES") == "1";

    /// <summary>
    /// Checks the page that a person sees; with <c>IDP_TEST_PICTURES=1</c> its pictures go into <c>tests/results/pages</c>.
    /// </summary>
    public static Task CheckAsync(this Person person, string name) =>
        CheckAsync(person, name, Soak.IsOn || Pictures ? EveryLook : [ColorScheme.Light]);

    /// <summary>The same in light and in dark, in every run: for the journeys that come by every page.</summary>
    public static Task CheckEveryLookAsync(this Person person, string name) => CheckAsync(person, name, EveryLook);

    private static async Task CheckAsync(Person person, string name, ColorScheme[] looks)
    {
        var page = person.Page;
        foreach (var scheme in looks)
        {
            await page.EmulateMediaAsync(new() { ColorScheme = scheme, ReducedMotion = ReducedMotion.Reduce });
            if (person.HasJavaScript)
            {
                await SettleAsync(page);
            }

            if (Pictures)
            {
                await TakePictureAsync(person, $"{name}-{person.Language}-{scheme}".ToLowerInvariant());
            }

            if (person.HasJavaScript && (Soak.IsOn || await Axe.IsNewAsync(page, scheme.ToString())))
            {
                var found =
                    scheme == ColorScheme.Light
                        ? await Axe.FindAsync(page, "tag", Rules)
                        : await Axe.FindAsync(page, "rule", RulesOfColours);
                Assert.True(
                    found.Length == 0,
                    $"{page.Url} in {scheme}, {person.Language}: {string.Join("; ", found)}"
                );
            }
        }

        Assert.Equal(person.Language, await page.Locator("html").GetAttributeAsync("lang"));
        Assert.Equal(1, await page.Locator("h1").CountAsync());
        if (person.Language == "de")
        {
            Assert.Empty(EnglishWords.In(await page.Locator("body").InnerTextAsync()));
        }

        Assert.False(await OverflowsAsync(page), $"{page.Url} scrolls sideways");
        if (person.HasJavaScript && page.ViewportSize?.Width < Narrow)
        {
            Assert.Empty(await Targets.FindTooSmallAsync(page));
        }

        Assert.DoesNotContain("token=", page.Url, StringComparison.Ordinal);
        Assert.Empty(person.Complaints);
    }

    // A change of colours is drawn over some frames.
    private static Task SettleAsync(IPage page) =>
        page.EvaluateAsync(
            """
            async () => {
              await Promise.allSettled(document.getAnimations().map(a => a.finished));
              await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
            }
            """
        );

    private static Task TakePictureAsync(Person person, string name)
    {
        var width = person.Page.ViewportSize?.Width;
        var narrow = width < Narrow ? $"-{width}" : "";
        return person.Page.ScreenshotAsync(
            new() { Path = Repository.PathOf("tests", "results", "pages", $"{name}{narrow}.png"), FullPage = true }
        );
    }

    private static async Task<bool> OverflowsAsync(IPage page) =>
        await page.Locator("html").EvaluateAsync<bool>("e => e.scrollWidth > e.clientWidth");
}
