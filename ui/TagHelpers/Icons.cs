using System.Collections.Frozen;
using Microsoft.AspNetCore.Html;

namespace IdP.UI.TagHelpers;

/// <summary>The icons: lines on a 24 px grid, drawn in the colour of the text beside them.</summary>
internal static class Icons
{
    private static readonly FrozenDictionary<string, string> Paths = new Dictionary<string, string>
    {
        ["check"] = "M5 12.5l4.5 4.5L19 7.5",
        ["cross"] = "M6 6l12 12M18 6L6 18",
        ["dot"] = "M12 12m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0",
        ["info"] = "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18M12 11v5.5M12 7.6v.1",
        ["success"] = "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18M8 12.3l2.8 2.8L16 9.6",
        ["warning"] = "M12 4L2.8 20h18.4L12 4M12 10v5M12 17.6v.1",
        ["danger"] = "M8.2 3h7.6L21 8.2v7.6L15.8 21H8.2L3 15.8V8.2L8.2 3M12 7.5v5.5M12 16.3v.1",
        ["clock"] = "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18M12 7.5V12l3 2",
        ["mail"] = "M3.5 5.5h17v13h-17v-13M4 6.5l8 6.5l8-6.5",
        ["lock"] = "M6 10.5h12V20H6v-9.5M8.5 10.5V8a3.5 3.5 0 0 1 7 0v2.5M12 14v2.5",
        ["unlock"] = "M6 10.5h12V20H6v-9.5M8.5 10.5V8a3.5 3.5 0 0 1 6.7-1.4M12 14v2.5",
        ["key"] = "M8 11.5a4 4 0 1 0 0 8a4 4 0 1 0 0-8M11 12.7L19.5 4.5M16 8l3 3M13.5 10.3l1.8 1.8",
        ["passkey"] =
            "M9 4a3.5 3.5 0 1 0 0 7a3.5 3.5 0 1 0 0-7M2.5 19.5c.5-3.3 3-5 6.5-5c1.4 0 2.6.3 3.6.8M17.5 10a3 3 0 0 1 1.2 5.7l1.3 1.4l-1.5 1.5l1 1.2L17.5 22l-1.2-1.2v-5A3 3 0 0 1 17.5 10M17.5 12.8v.1",
        ["cloud"] = "M7.5 18.5a4.2 4.2 0 0 1-.6-8.4a5.6 5.6 0 0 1 10.7-.5a4.5 4.5 0 0 1-.6 8.9H7.5",
        ["shield"] = "M12 3l7.5 2.8V11c0 5-3.2 8.3-7.5 10C7.7 19.3 4.5 16 4.5 11V5.8L12 3M8.8 11.8l2.4 2.4L15.4 10",
        ["person"] = "M12 4a4 4 0 1 0 0 8a4 4 0 1 0 0-8M4.5 20.5c.6-3.8 3.6-6 7.5-6s6.9 2.2 7.5 6",
        ["people"] =
            "M9 5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 1 0 0-7M2.5 19.5c.5-3.3 3-5 6.5-5s6 1.7 6.5 5M15.5 5.3a3.5 3.5 0 0 1 0 6.4M18 14.9c1.9.7 3.2 2.2 3.5 4.6",
        ["device"] = "M3.5 5h17v11h-17V5M9 20h6M12 16v4",
        ["phone"] = "M7.5 3h9v18h-9V3M11 18h2",
        ["apps"] = "M4 4h6.5v6.5H4V4M13.5 4H20v6.5h-6.5V4M4 13.5h6.5V20H4v-6.5M13.5 13.5H20V20h-6.5v-6.5",
        ["link"] = "M10 14a4 4 0 0 0 5.7 0l3-3a4 4 0 0 0-5.7-5.7l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.7l1-1",
        ["list"] = "M9 6h11M9 12h11M9 18h11M4.5 6h.1M4.5 12h.1M4.5 18h.1",
        ["settings"] = "M4 7h9M17 7h3M15 5v4M4 17h3M11 17h9M9 15v4",
        ["search"] = "M10.5 4a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13M15.3 15.3L20 20",
        ["copy"] = "M9 9h11v11H9V9M5.5 15H4V4h11v1.5",
        ["print"] = "M7 8V3.5h10V8M7 16H4V8h16v8h-3M7 13.5h10v7H7v-7",
        ["download"] = "M12 4v11M7.5 11l4.5 4.5l4.5-4.5M4.5 20h15",
        ["back"] = "M10.5 6L4.5 12l6 6M5 12h15",
        ["next"] = "M9.5 6l6 6l-6 6",
        ["more"] =
            "M6 12m-.6 0a.6.6 0 1 0 1.2 0a.6.6 0 1 0-1.2 0M12 12m-.6 0a.6.6 0 1 0 1.2 0a.6.6 0 1 0-1.2 0M18 12m-.6 0a.6.6 0 1 0 1.2 0a.6.6 0 1 0-1.2 0",
        ["signout"] = "M14 4H5v16h9M10 12h10.5M17 8.5l3.5 3.5l-3.5 3.5",
        ["reset"] = "M19 12a7 7 0 1 1-2-4.9M19.5 3.5v4.5H15",
        ["home"] = "M4 11l8-7l8 7M6.5 9.5V20h11V9.5",
        ["auto"] = "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18M12 3v18M12 8l4.5-2.8M12 12.5L20.5 9M12 17l7.5-3",
        ["light"] =
            "M12 8a4 4 0 1 0 0 8a4 4 0 1 0 0-8M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
        ["dark"] = "M20 14.2A8.3 8.3 0 0 1 9.8 4a8.3 8.3 0 1 0 10.2 10.2",
    }.ToFrozenDictionary();

    public static IEnumerable<string> Names => Paths.Keys.Order(StringComparer.Ordinal);

    /// <summary>An icon that says nothing to a screen reader: the word beside it does.</summary>
    public static IHtmlContent Draw(string name, string? extraClass = null)
    {
        var path =
            Paths.GetValueOrDefault(name) ?? throw new ArgumentException($"There is no icon '{name}'.", nameof(name));
        var cssClass = extraClass is null ? "icon" : $"icon {extraClass}";
        return new HtmlString(
            $"""<svg class="{cssClass}" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="{path}"/></svg>"""
        );
    }
}
