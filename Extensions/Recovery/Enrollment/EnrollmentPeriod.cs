using System.Globalization;

namespace IdP.Recovery.Enrollment;

/// <summary>How long a person may still sign in without a second factor: 1 to 365 whole days.</summary>
public readonly record struct EnrollmentPeriod
{
    /// <summary>The shortest period, in days.</summary>
    public const int MinDays = 1;

    /// <summary>The longest period, in days.</summary>
    public const int MaxDays = 365;

    /// <summary>What a period is unless somebody says otherwise, in days.</summary>
    public const int DefaultDays = 7;

    private EnrollmentPeriod(int days) => Days = days;

    /// <summary>From 1 to 365.</summary>
    public int Days { get; }

    /// <summary>A period of so many days; null when that is not from 1 to 365.</summary>
    /// <param name="days">How many.</param>
    public static EnrollmentPeriod? Of(int days) =>
        days is >= MinDays and <= MaxDays ? new EnrollmentPeriod(days) : null;

    /// <summary>
    /// When it ends: so many calendar days later at the same time of day on the person's own clock. Where the clock
    /// leaps over that time it ends as much later, and where it shows that time twice, at the second.
    /// </summary>
    /// <param name="start">When it begins.</param>
    /// <param name="timeZone">An IANA zone; one that is null or unknown counts as UTC.</param>
    public DateTimeOffset EndFrom(DateTimeOffset start, string? timeZone)
    {
        var zone =
            timeZone is not null && TimeZoneInfo.TryFindSystemTimeZoneById(timeZone, out var found)
                ? found
                : TimeZoneInfo.Utc;
        var local = TimeZoneInfo.ConvertTime(start, zone).DateTime.AddDays(Days);
        if (zone.IsInvalidTime(local))
        {
            // The offset that held before the leap puts the moment behind it by as much as it leaps.
            return new DateTimeOffset(local, zone.GetUtcOffset(local.AddDays(-1))).ToUniversalTime();
        }

        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Min() : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset).ToUniversalTime();
    }

    /// <summary>An end as it stands in the audit.</summary>
    internal static string Describe(DateTimeOffset end) =>
        end.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>When a person is reminded: at half time, three days and one day before the end.</summary>
    /// <param name="start">When it begins.</param>
    /// <param name="end">When it ends.</param>
    internal static IEnumerable<DateTimeOffset> Reminders(DateTimeOffset start, DateTimeOffset end) =>
        new[] { start + ((end - start) / 2), end.AddDays(-3), end.AddDays(-1) }
            .Where(t => t > start)
            .Distinct()
            .Order();

    /// <summary>The next reminder after a moment; null when there is none left.</summary>
    internal static DateTimeOffset? NextReminder(DateTimeOffset start, DateTimeOffset end, DateTimeOffset after) =>
        Reminders(start, end).Where(t => t > after).Cast<DateTimeOffset?>().FirstOrDefault();
}
