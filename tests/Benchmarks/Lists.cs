using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace Benchmarks;

/// <summary>The list of users over HTTP, as an administrator's browser gets it: from the request to the last byte.</summary>
internal static partial class Lists
{
    private const int Times = 200;

    private static readonly string[] Names = ["ada", "ben", "chi", "dmi", "eva", "fai", "gra", "hug", "ida", "jon"];

    public static async Task<int> RunAsync(Uri origin, string email, string password)
    {
        using var http = new HttpClient(new SocketsHttpHandler { CookieContainer = new CookieContainer() })
        {
            BaseAddress = origin,
            Timeout = TimeSpan.FromMinutes(5),
        };
        var form = await http.GetStringAsync(new Uri("/login/administrator", UriKind.Relative));
        using var fields = new FormUrlEncodedContent(
            new Dictionary<string, string>
            {
                ["Email"] = email,
                ["Password"] = password,
                ["__RequestVerificationToken"] = WebUtility.HtmlDecode(Token().Match(form).Groups[1].Value),
            }
        );
        using var signedIn = await http.PostAsync(new Uri("/login/administrator", UriKind.Relative), fields);
        foreach (
            var (what, address) in new (string, Func<int, string>)[]
            {
                ("first page", _ => ""),
                ("search by 3 letters", i => "q=" + Names[i % Names.Length]),
                ("search as one types", i => "q=" + (Names[i % Names.Length] + "1234567")[..(1 + (i % 8))]),
                ("search that finds nobody", i => $"q=nobody{i}"),
                ("enrolled", _ => "mfa=Enrolled"),
                ("enrolling", _ => "mfa=InEnrollment"),
                ("expired", _ => "mfa=Expired"),
                ("not enrolled", _ => "mfa=NotEnrolled"),
                ("not required", _ => "mfa=NotRequired"),
                ("locked", _ => "state=locked"),
                ("suspended", _ => "state=suspended"),
                ("people of the console", _ => "audience=Administrator"),
                ("not signed in for 90 days", _ => "idle=90"),
                ("by name", _ => "sort=Name"),
                ("by last sign-in", _ => "sort=LastSignIn"),
                ("enrolled, by last sign-in", _ => "mfa=Enrolled&sort=LastSignIn"),
            }
        )
        {
            var times = new List<double>(Times);
            for (var i = 0; i < Times + 5; i++)
            {
                var began = Stopwatch.GetTimestamp();
                var page = await http.GetStringAsync(new Uri("/admin/users?" + address(i), UriKind.Relative));
                var took = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
                if (!page.Contains("id=\"people\"", StringComparison.Ordinal))
                {
                    throw new InvalidOperationException("That is not the list of users.");
                }

                if (i >= 5)
                {
                    times.Add(took);
                }
            }

            times.Sort();
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"  {what, -28} p50 {times[Times / 2], 7:F1} ms   p99 {times[(int)(Times * 0.99)], 7:F1} ms   max {times[^1], 7:F1} ms"
                )
            );
        }

        return 0;
    }

    [GeneratedRegex("""name="__RequestVerificationToken"[^>]*value="([^"]+)""")]
    private static partial Regex Token();
}
