namespace IdP.UI.Console;

/// <summary>When the deadlines of a reset of many fall, as a row of bars: of a day each, or of several where they are many.</summary>
/// <param name="First">The first day of the first bar.</param>
/// <param name="Last">The last day of the last.</param>
/// <param name="DaysEach">How many days a bar stands for.</param>
/// <param name="Bars">How many people each stands for, the earliest first.</param>
internal sealed record DeadlineChart(DateOnly First, DateOnly Last, int DaysEach, IReadOnlyList<int> Bars)
{
    private const int MostBars = 31;

    /// <summary>How many people the highest bar stands for.</summary>
    public int Highest => Bars.Max();

    /// <summary>Null where all fall on one day, which a sentence says better.</summary>
    public static DeadlineChart? Of(IReadOnlyDictionary<DateOnly, int> deadlines)
    {
        if (deadlines.Count < 2)
        {
            return null;
        }

        var (first, last) = (deadlines.Keys.Min(), deadlines.Keys.Max());
        var days = last.DayNumber - first.DayNumber + 1;
        var each = (days + MostBars - 1) / MostBars;
        var bars = new int[(days + each - 1) / each];
        foreach (var (day, people) in deadlines)
        {
            bars[(day.DayNumber - first.DayNumber) / each] += people;
        }

        return new(first, last, each, bars);
    }
}
