using System.Diagnostics;
using System.Net;

namespace Benchmarks;

/// <summary>How many sign-ins a second the running host does, as many at once as keep it busy.</summary>
internal static class SignIns
{
    private const int AtOnce = 4;

    public static async Task<int> RunAsync(Uri origin, string email, string password, TimeSpan warm, TimeSpan duration)
    {
        using var forms = await Forms.OpenAsync(origin, "/login");
        await CountAsync(forms, email, password, warm);
        var watch = Stopwatch.StartNew();
        var count = await CountAsync(forms, email, password, duration);
        Console.WriteLine(FormattableString.Invariant($"{count / watch.Elapsed.TotalSeconds:F1}"));
        return 0;
    }

    private static async Task<int> CountAsync(Forms forms, string email, string password, TimeSpan duration)
    {
        var watch = Stopwatch.StartNew();
        var counts = await Task.WhenAll(
            Enumerable
                .Range(0, AtOnce)
                .Select(async _ =>
                {
                    var count = 0;
                    while (watch.Elapsed < duration)
                    {
                        var status = await forms.PostAsync(
                            "/login",
                            "192.0.2.1",
                            ("Email", email),
                            ("Password", password)
                        );
                        if (status != HttpStatusCode.SeeOther)
                        {
                            throw new InvalidOperationException($"A sign-in was answered with {status}.");
                        }

                        count++;
                    }

                    return count;
                })
        );
        return counts.Sum();
    }
}
