using FsCheck;
using FsCheck.Fluent;
using IdP.Recovery.Enrollment;
using Xunit;

namespace Recovery.Tests.Enrollment;

/// <summary>The arithmetic of periods: calendar days on the person's own clock.</summary>
public sealed class EnrollmentPeriodTests
{
    private static readonly string[] Zones =
    [
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "Pacific/Apia",
        "America/Sao_Paulo",
    ];

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(366)]
    [InlineData(int.MaxValue)]
    public void A_period_that_is_not_from_1_to_365_days_is_none(int days) => Assert.Null(EnrollmentPeriod.Of(days));

    [Theory]
    // Clocks go forward on 29 March 2026 and back on 25 October.
    [InlineData("Europe/Berlin", "2026-03-28T11:00:00Z", 1, "2026-03-29T10:00:00Z")]
    [InlineData("Europe/Berlin", "2026-10-24T10:00:00Z", 1, "2026-10-25T11:00:00Z")]
    // 02:30 is leapt over: as much later. 02:30 is there twice: the second.
    [InlineData("Europe/Berlin", "2026-03-28T01:30:00Z", 1, "2026-03-29T01:30:00Z")]
    [InlineData("Europe/Berlin", "2026-10-24T00:30:00Z", 1, "2026-10-25T01:30:00Z")]
    // A leap day counts.
    [InlineData(null, "2028-02-28T12:00:00Z", 1, "2028-02-29T12:00:00Z")]
    [InlineData(null, "2028-02-28T12:00:00Z", 2, "2028-03-01T12:00:00Z")]
    [InlineData(null, "2027-03-01T12:00:00Z", 365, "2028-02-29T12:00:00Z")]
    [InlineData("No/Such_Zone", "2026-03-28T11:00:00Z", 365, "2027-03-28T11:00:00Z")]
    public void It_ends_at_the_same_time_of_day(string? zone, string start, int days, string end) =>
        Assert.Equal(
            DateTimeOffset.Parse(end, null),
            EnrollmentPeriod.Of(days)!.Value.EndFrom(DateTimeOffset.Parse(start, null), zone)
        );

    [Fact]
    public void It_shows_the_same_clock_so_many_days_later_or_as_close_as_the_clock_lets_it() =>
        Prop.ForAll(
                Gen.Choose(1, 365).ToArbitrary(),
                Gen.Choose(0, 40 * 365 * 24 * 60).ToArbitrary(),
                Gen.Elements(Zones).ToArbitrary(),
                (days, minutes, name) =>
                {
                    var zone = TimeZoneInfo.FindSystemTimeZoneById(name);
                    var start = new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMinutes(minutes);

                    var end = EnrollmentPeriod.Of(days)!.Value.EndFrom(start, name);

                    var wanted = TimeZoneInfo.ConvertTime(start, zone).DateTime.AddDays(days);
                    var shown = TimeZoneInfo.ConvertTime(end, zone).DateTime;
                    return zone.IsInvalidTime(wanted)
                        ? shown > wanted && shown - wanted <= TimeSpan.FromDays(1)
                        : shown == wanted;
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Reminders_lie_within_the_period_in_order_and_once_each() =>
        Prop.ForAll(
                Gen.Choose(1, 365).ToArbitrary(),
                days =>
                {
                    var start = new DateTimeOffset(2026, 3, 1, 9, 0, 0, TimeSpan.Zero);
                    var end = EnrollmentPeriod.Of(days)!.Value.EndFrom(start, null);
                    var reminders = new List<DateTimeOffset>();
                    for (
                        var next = EnrollmentPeriod.NextReminder(start, end, start);
                        next is { } at;
                        next = EnrollmentPeriod.NextReminder(start, end, at)
                    )
                    {
                        reminders.Add(at);
                    }

                    return reminders.All(r => r > start && r < end)
                        && reminders.Distinct().Count() == reminders.Count
                        && reminders.Contains(start + ((end - start) / 2));
                }
            )
            .QuickCheckThrowOnFailure();
}
