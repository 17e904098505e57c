using System.Globalization;
using Microsoft.AspNetCore.Razor.TagHelpers;
using Microsoft.Extensions.Localization;

namespace IdP.UI.TagHelpers;

/// <summary>
/// <c>&lt;idp-time at="Model.Expires" relative /&gt;</c>: 'in 54 minutes (14:05 UTC)'. The hour turns into the person's
/// own with script.
/// </summary>
[HtmlTargetElement("idp-time", Attributes = "at", TagStructure = TagStructure.NormalOrSelfClosing)]
public sealed class TimeTagHelper(IStringLocalizer<Text> text, TimeProvider clock) : TagHelper
{
    /// <summary>The instant.</summary>
    public DateTimeOffset At { get; set; }

    /// <summary>Whether to say how far off it is, first.</summary>
    public bool Relative { get; set; }

    /// <summary>
    /// The time zone (IANA) in which the hour is told, which is named beside it: somebody else's. Null or unknown, it is
    /// the reader's.
    /// </summary>
    public string? Zone { get; set; }

    /// <inheritdoc />
    public override void Process(TagHelperContext context, TagHelperOutput output)
    {
        var now = clock.GetUtcNow();
        var utc = At.UtcDateTime;
        var zone = Zone is { } id && TimeZoneInfo.TryFindSystemTimeZoneById(id, out var found) ? found : null;
        var (local, today) = (Local(At, zone), Local(now, zone));
        var format = local.Date == today.Date ? "HH:mm" : "d MMM yyyy HH:mm";
        output.TagName = "time";
        output.TagMode = TagMode.StartTagAndEndTag;
        output.Attributes.SetAttribute(
            "datetime",
            utc.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)
        );
        if (zone is null)
        {
            output.Attributes.SetAttribute("data-local", "");
        }

        output.Content.SetContent(
            local.ToString(format, CultureInfo.CurrentCulture) + (zone is null ? " UTC" : " " + Zone)
        );
        if (Relative)
        {
            output.PreElement.SetContent(Distance(At - now) + " (");
            output.PostElement.SetContent(")");
        }
    }

    private static DateTime Local(DateTimeOffset at, TimeZoneInfo? zone) =>
        zone is null ? at.UtcDateTime : TimeZoneInfo.ConvertTime(at, zone).DateTime;

    private string Distance(TimeSpan ahead)
    {
        var far = ahead.Duration();
        var (unit, count) = far switch
        {
            { TotalMinutes: < 1 } => ("Moment", 0),
            { TotalMinutes: < 90 } => ("Minutes", (int)Math.Round(far.TotalMinutes)),
            { TotalHours: < 36 } => ("Hours", (int)Math.Round(far.TotalHours)),
            _ => ("Days", (int)Math.Round(far.TotalDays)),
        };
        var key = (ahead < TimeSpan.Zero ? "Time.Past" : "Time.Ahead") + (count == 1 ? unit.TrimEnd('s') : unit);
        return text[key, count];
    }
}
