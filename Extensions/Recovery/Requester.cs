using System.Net;

namespace IdP.Recovery;

/// <summary>From where something was asked, as far as it is kept and told to people.</summary>
/// <param name="Network">The client's address, as seen through trusted proxies; null for the command line.</param>
/// <param name="Browser">The browser in words, such as <c>Firefox on Windows</c>; null when unknown.</param>
public sealed record Requester(string? Network, string? Browser)
{
    /// <summary>
    /// The secret by which an account may know the browser: <see cref="Lockout.KnownBrowsers.TokenOf"/>.
    /// Neither kept nor told to anybody; null where there is none.
    /// </summary>
    public string? BrowserToken { get; init; }

    /// <summary>Longest value of either part that is stored.</summary>
    public const int MaxLength = 64;

    /// <summary>Something that no request asked for: a job or the command line.</summary>
    public static Requester None { get; } = new(null, null);

    /// <summary>Describes a request.</summary>
    /// <param name="address">The connection's remote address.</param>
    /// <param name="userAgent">The User-Agent header, of which only a known browser and system are kept.</param>
    public static Requester From(IPAddress? address, string? userAgent)
    {
        if (address is { IsIPv4MappedToIPv6: true })
        {
            address = address.MapToIPv4();
        }

        return new(address?.ToString(), Describe(userAgent));
    }

    // Without the browser's secret: this may be logged.
    private bool PrintMembers(System.Text.StringBuilder builder)
    {
        builder.Append(nameof(Network) + " = ").Append(Network).Append(", " + nameof(Browser) + " = ").Append(Browser);
        return true;
    }

    private static string? Describe(string? userAgent)
    {
        if (string.IsNullOrEmpty(userAgent))
        {
            return null;
        }

        var browser = First(
            userAgent,
            ("Edg", "Edge"),
            ("OPR/", "Opera"),
            ("SamsungBrowser/", "Samsung Internet"),
            ("Firefox/", "Firefox"),
            ("FxiOS/", "Firefox"),
            ("CriOS/", "Chrome"),
            ("Chrome/", "Chrome"),
            ("Version/", "Safari")
        );
        var system = First(
            userAgent,
            ("iPhone", "iPhone"),
            ("iPad", "iPad"),
            ("Android", "Android"),
            ("Windows", "Windows"),
            ("CrOS", "ChromeOS"),
            ("Macintosh", "macOS"),
            ("Linux", "Linux")
        );

        return (browser, system) switch
        {
            (null, null) => null,
            (null, _) => system,
            (_, null) => browser,
            _ => $"{browser} on {system}",
        };
    }

    private static string? First(string userAgent, params ReadOnlySpan<(string Sign, string Name)> candidates)
    {
        foreach (var (sign, name) in candidates)
        {
            if (userAgent.Contains(sign, StringComparison.Ordinal))
            {
                return name;
            }
        }

        return null;
    }
}
