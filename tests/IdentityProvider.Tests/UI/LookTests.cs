using System.Collections;
using System.Globalization;
using System.Resources;
using IdP.UI;
using IdP.UI.Branding;
using Xunit;

namespace IdentityProvider.Tests.UI;

public sealed class LookTests
{
    /// <summary>WCAG 2.2, 1.4.3 (requirement 16).</summary>
    [Fact]
    public void Every_accent_is_readable_on_the_page_and_under_its_own_text()
    {
        foreach (var accent in Accents())
        {
            Assert.All(
                [(AccentColors.ForLight(accent), "#eceee6"), (AccentColors.ForDark(accent), "#232a26")],
                pair =>
                {
                    Assert.InRange(Contrast(pair.Item1.Accent, pair.Item2), 4.5, 21);
                    Assert.InRange(Contrast(pair.Item1.Accent, pair.Item1.OnAccent), 4.5, 21);
                    Assert.InRange(Contrast(pair.Item1.Strong, pair.Item1.OnAccent), 4.5, 21);
                }
            );
        }
    }

    [Fact]
    public void Every_text_is_there_in_English_and_in_German()
    {
        var english = Keys("");
        Assert.NotEmpty(english);
        Assert.Equal(english, Keys("de"));
    }

    [Theory]
    [InlineData("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/122.0.0.0 Safari/537.36", "chrome", true)]
    [InlineData("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/123.0.0.0 Safari/537.36", "chrome", false)]
    [InlineData("Mozilla/5.0 (Linux; Android 10; K) Chrome/140.0.0.0 Mobile Safari/537.36", "and_chr", false)]
    [InlineData("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0", "edge", false)]
    [InlineData("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", "firefox", true)]
    [InlineData(
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) Version/17.4 Mobile/15E148 Safari/604.1",
        "ios_saf",
        true
    )]
    [InlineData(
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.5 Safari/605.1.15",
        "safari",
        false
    )]
    public void An_older_browser_is_told_from_a_supported_one(string userAgent, string key, bool older)
    {
        var visiting = new SupportedBrowsers().Recognize(userAgent);
        Assert.Equal((key, older), (visiting?.Browser.Key, visiting?.IsOlder));
    }

    [Fact]
    public void A_stranger_is_not_called_old() => Assert.Null(new SupportedBrowsers().Recognize("curl/8.5.0"));

    private static IEnumerable<string> Accents() =>
        from red in Steps()
        from green in Steps()
        from blue in Steps()
        select $"#{red:x2}{green:x2}{blue:x2}";

    private static IEnumerable<int> Steps() => Enumerable.Range(0, 6).Select(step => step * 51);

    private static double Contrast(string one, string other) =>
        AccentColors.Rgb.Parse(one).Contrast(AccentColors.Rgb.Parse(other));

    private static List<string> Keys(string culture) =>
        [
            .. new ResourceManager("IdP.UI.Texts.Text", typeof(Text).Assembly)
                .GetResourceSet(CultureInfo.GetCultureInfo(culture), createIfNotExists: true, tryParents: false)!
                .Cast<DictionaryEntry>()
                .Select(entry => (string)entry.Key)
                .Order(StringComparer.Ordinal),
        ];
}
