using System.Globalization;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using IdP.Recovery.Dashboard;
using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Admin;

/// <summary>The console's first page: what happened lately, in figures that lead to their lists.</summary>
[Needs(ConsoleAction.ReadUsers)]
internal sealed class IndexModel(ReadDashboard read, IStringLocalizer<Text> text) : PageModel
{
    /// <summary>How many days the charts show.</summary>
    [BindProperty(SupportsGet = true)]
    public int Days { get; set; } = 30;

    public DashboardFigures Figures { get; private set; } = null!;

    public IReadOnlyList<Chart> Charts { get; private set; } = [];

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken)
    {
        // Who looks after people and nothing else begins with them.
        if (!ConsolePermissions.May(Actor.Of(User).Roles, ConsoleAction.ReadSystem))
        {
            return LocalRedirect("/admin/users");
        }

        Days = ReadDashboard.Periods.Contains(Days) ? Days : 30;
        Figures = await read.RunAsync(Days, cancellationToken);
        Charts =
        [
            new("resets", Title("Resets", Figures.Resets), Figures.Resets),
            new("failed", Title("Failed", Figures.FailedProofs), Figures.FailedProofs),
            new("lockouts", Title("Lockouts", Figures.Lockouts), Figures.Lockouts),
            new("factors", Title("Factors", Figures.Factors), Figures.Factors),
            new("coverage", CoverageTitle(Figures.CoverageDays), Figures.CoverageDays),
        ];
        return Page();
    }

    // '12 resets in 30 days, 4 more than before'. Of failures all are counted, of others the first line: what began.
    private string Title(string name, DailyChart chart)
    {
        var counted = name == "Failed" ? chart.Series : chart.Series.Take(1);
        var (now, before) = (counted.Sum(s => s.Total), counted.Sum(s => s.Before));
        var what = now switch
        {
            0 => text[$"Dashboard.{name}.None", Days],
            1 => text[$"Dashboard.{name}.One", Days],
            _ => text[$"Dashboard.{name}.Many", now, Days],
        };
        var than = (now - before) switch
        {
            0 when now == 0 => text["Dashboard.NoneBefore", Days],
            0 => text["Dashboard.Same"],
            > 0 and var more => text["Dashboard.More", more],
            var fewer => text["Dashboard.Fewer", -fewer],
        };
        return $"{what}, {than}";
    }

    // '75% of the accounts have a second factor, 3 points more than on 1 March'.
    private string CoverageTitle(DailyChart chart)
    {
        var (enrolled, accounts) = (chart.Series[0].Counts, chart.Series[1].Counts);
        var (first, last) = (Percent(enrolled[0], accounts[0]), Percent(enrolled[^1], accounts[^1]));
        var what = text["Dashboard.CoverageTitle", last];
        if (enrolled.Count == 1)
        {
            return $"{what}; {text["Dashboard.CoverageBegins"]}";
        }

        var day = chart.FirstDay.ToString("m", CultureInfo.CurrentCulture);
        var than = (last - first) switch
        {
            0 => text["Dashboard.CoverageSame", day],
            > 0 and var more => text["Dashboard.CoverageMore", more, day],
            var fewer => text["Dashboard.CoverageFewer", -fewer, day],
        };
        return $"{what}, {than}";
    }

    private static int Percent(int part, int whole) => whole == 0 ? 0 : (int)Math.Round(100.0 * part / whole);

    /// <summary>Where a line's figure leads: to what was counted, and nothing else.</summary>
    public static string LinkOf(DailyChart chart, DailyCounts line)
    {
        if (line.EventType is not { } type)
        {
            return line.Name == "enrolled" ? "/admin/users?mfa=Enrolled" : "/admin/users";
        }

        var query = new Dictionary<string, string?>
        {
            ["type"] = type,
            ["from"] = chart.FirstDay.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        };
        if (line.Name == "password")
        {
            query["reason"] = AuditReasons.Password;
        }
        else if (line.Name == "factor")
        {
            query["except"] = AuditReasons.Password;
        }

        return "/admin/audit" + Microsoft.AspNetCore.Http.QueryString.Create(query);
    }

    /// <summary>A chart of the page.</summary>
    /// <param name="Id">In the page, and the name of its table.</param>
    /// <param name="Title">What it finds.</param>
    /// <param name="Data">What it draws.</param>
    public sealed record Chart(string Id, string Title, DailyChart Data);
}
