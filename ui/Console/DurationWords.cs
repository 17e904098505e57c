using System.Globalization;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Console;

/// <summary>Says how long something lasts in its natural unit: 15 minutes, 24 hours, 30 days.</summary>
internal static class DurationWords
{
    /// <summary>The largest unit of which it is a whole number; a day is 24 hours still.</summary>
    public static string Of(TimeSpan span, IStringLocalizer<Text> text)
    {
        var (unit, count) =
            IsWhole(span.TotalDays) && span.TotalDays > 1 ? ("Day", span.TotalDays)
            : IsWhole(span.TotalHours) ? ("Hour", span.TotalHours)
            : IsWhole(span.TotalMinutes) ? ("Minute", span.TotalMinutes)
            : ("Second", span.TotalSeconds);
        return count == 1
            ? text[$"Duration.{unit}"]
            : text[$"Duration.{unit}s", count.ToString("N0", CultureInfo.CurrentCulture)];
    }

    private static bool IsWhole(double count) => count >= 1 && count == Math.Floor(count);
}
