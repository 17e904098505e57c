using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace IdP.UI;

/// <summary>A browser the pages are built for, and its oldest version that they are.</summary>
/// <param name="Key">The name in browserslist: <c>ios_saf</c>.</param>
/// <param name="Version">The oldest version: <c>17.5</c>.</param>
public sealed record SupportedBrowser(string Key, string Version)
{
    /// <summary>The text that says its name: <c>Safari on iPhone and iPad</c>.</summary>
    public string NameKey => $"Browser.{Key}";
}

/// <summary>A browser as it names itself.</summary>
/// <param name="Browser">Its entry in the list.</param>
/// <param name="Version">The version it says it is.</param>
/// <param name="IsOlder">Whether that is older than the pages are built for.</param>
public sealed record VisitingBrowser(SupportedBrowser Browser, string Version, bool IsOlder);

/// <summary>The browsers the assets were built for: the `browserslist` entry of package.json, kept by the build.</summary>
public sealed partial class SupportedBrowsers
{
    private const int LongestUserAgent = 512;

    /// <summary>Reads the list that the asset build left in this assembly.</summary>
    public SupportedBrowsers()
    {
        using var stream =
            typeof(SupportedBrowsers).Assembly.GetManifestResourceStream("browsers.json")
            ?? throw new InvalidOperationException("The asset build left no browsers.json in IdP.UI.");
        All = JsonSerializer.Deserialize<SupportedBrowser[]>(stream, JsonSerializerOptions.Web) ?? [];
    }

    /// <summary>In the order to show them.</summary>
    public IReadOnlyList<SupportedBrowser> All { get; }

    /// <summary>The browser behind a <c>User-Agent</c> header, or null when it is none of the list.</summary>
    public VisitingBrowser? Recognize(string? userAgent)
    {
        if (string.IsNullOrEmpty(userAgent) || userAgent.Length > LongestUserAgent)
        {
            return null;
        }

        var (key, version) = Read(userAgent);
        var browser = All.FirstOrDefault(known => known.Key == key);
        return browser is null ? null : new(browser, version, Number(version) < Number(browser.Version));
    }

    // Order: every browser names itself after those it descends from, so that the most particular name counts.
    private static (string? Key, string Version) Read(string userAgent)
    {
        var mobile = userAgent.Contains("Android", StringComparison.Ordinal);
        if (IosVersion().Match(userAgent) is { Success: true } ios)
        {
            return ("ios_saf", $"{ios.Groups[1].Value}.{ios.Groups[2].Value}");
        }

        foreach (Match token in Tokens().Matches(userAgent))
        {
            var key = token.Groups[1].Value switch
            {
                "Edg" => "edge",
                "OPR" => "opera",
                "SamsungBrowser" => "samsung",
                "Firefox" => mobile ? "and_ff" : "firefox",
                _ => null,
            };
            if (key is not null)
            {
                return (key, token.Groups[2].Value);
            }
        }

        if (Chrome().Match(userAgent) is { Success: true } chrome)
        {
            return (mobile ? "and_chr" : "chrome", chrome.Groups[1].Value);
        }

        return Safari().Match(userAgent) is { Success: true } safari ? ("safari", safari.Groups[1].Value) : (null, "");
    }

    private static decimal Number(string version) =>
        decimal.TryParse(version, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            ? number
            : decimal.MaxValue;

    [GeneratedRegex(@"\b(Edg|OPR|SamsungBrowser|Firefox)/(\d{1,4}(?:\.\d{1,2})?)", RegexOptions.CultureInvariant)]
    private static partial Regex Tokens();

    [GeneratedRegex(@"Chrome/(\d{1,4})", RegexOptions.CultureInvariant)]
    private static partial Regex Chrome();

    [GeneratedRegex(@"\bVersion/(\d{1,4}(?:\.\d{1,2})?)\S* Safari/", RegexOptions.CultureInvariant)]
    private static partial Regex Safari();

    [GeneratedRegex(@"\((?:iPhone|iPad)[^)]* OS (\d{1,3})_(\d{1,2})", RegexOptions.CultureInvariant)]
    private static partial Regex IosVersion();
}
