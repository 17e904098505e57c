using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Tests.Support;
using Xunit;

namespace Browser.Tests.Support;

/// <summary>What every page must hold, wherever a journey comes by: axe finds nothing in light and dark, and more.</summary>
internal static class PageChecks
{
    private const int Narrow = 400;

    private static readonly string[] Rules =
    [
        "wcag2a",
        "wcag2aa",
        "wcag21a",
        "wcag21aa",
        "wcag22aa",
        "best-practice",
    ];

    // What the look decides; the rest is the same markup in both, and looked at once.
    private static readonly string[] RulesOfColours = ["color-contrast", "link-in-text-block"];

    /// <summary>Checks the page that a person sees, and takes its picture into <c>tests/results/pages</c>.</summary>
    public static async Task CheckAsync(this Person person, string name)
    {
        var page = person.Page;
        foreach (var scheme in new[] { ColorScheme.Dark, ColorScheme.Light })
        {
            await page.EmulateMediaAsync(
                new() { ColorScheme = scheme, ReducedMotion = ReducedMotion.Reduce }
            );
            if (person.HasJavaScript)
            {
                await SettleAsync(page);
            }

            await TakePictureAsync(person, $"{name}-{person.Language}-{scheme}".ToLowerInvariant());
            if (person.HasJavaScript)
            {
                var found = await page.RunAxe(
                    // A mail in the development mailbox is a frame in which no script may run, axe's neither.
                    new AxeRunContext { Exclude = [new AxeSelector("iframe[sandbox]")] },
                    new AxeRunOptions
                    {
                        RunOnly =
                            scheme == ColorScheme.Light
                                ? new() { Type = "tag", Values = [.. Rules] }
                                : new() { Type = "rule", Values = [.. RulesOfColours] },
                    }
                );
                Assert.True(
                    found.Violations.Length == 0,
                    $"{page.Url} in {scheme}, {person.Language}: {Describe(found.Violations)}"
                );
            }
        }

        Assert.Equal(person.Language, await page.Locator("html").GetAttributeAsync("lang"));
        Assert.Equal(1, await page.Locator("h1").CountAsync());
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
            new()
            {
                Path = Repository.PathOf("tests", "results", "pages", $"{name}{narrow}.png"),
                FullPage = true,
            }
        );
    }

    private static async Task<bool> OverflowsAsync(IPage page) =>
        await page.Locator("html").EvaluateAsync<bool>("e => e.scrollWidth > e.clientWidth");

    private static string Describe(IEnumerable<AxeResultItem> violations) =>
        string.Join(
            "; ",
            violations.Select(v =>
                $"{v.Id} ({v.Help}): {string.Join(", ", v.Nodes.Select(n => n.Html))}"
            )
        );
}
