using System.Diagnostics;
using System.Net;

namespace Benchmarks;

/// <summary>Resets that many people ask for at once: how long after each was asked for its mail is at the mail server.</summary>
internal static class Burst
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <param name="received">Where the mail server leaves a file for each mail.</param>
    /// <param name="people">The accounts are <c>burst0@example.test</c> and so on.</param>
    public static async Task<int> RunAsync(Uri origin, DirectoryInfo received, int people, int warm)
    {
        using var forms = await Forms.OpenAsync(origin, "/reset/user");
        await AskAsync(forms, received, warm, people);
        var (asked, arrived) = await AskAsync(forms, received, people, 0);
        var waits = arrived.Zip(asked, (mail, request) => (mail - request).TotalSeconds).Order().ToList();
        Console.WriteLine(
            FormattableString.Invariant(
                $"{people} mails: median {waits[waits.Count / 2]:F2} s, last {waits[^1]:F2} s after they were asked for"
            )
        );
        return 0;
    }

    // In order of time on both sides: which mail is whose does not matter for how long mails take.
    private static async Task<(List<TimeSpan> Asked, List<TimeSpan> Arrived)> AskAsync(
        Forms forms,
        DirectoryInfo received,
        int people,
        int from
    )
    {
        var watch = Stopwatch.StartNew();
        var arriving = WatchAsync(received, people, watch);
        var asked = new TimeSpan[people];
        await Task.WhenAll(
            Enumerable
                .Range(0, people)
                .Select(async i =>
                {
                    asked[i] = watch.Elapsed;
                    var status = await forms.PostAsync(
                        "/reset/user",
                        $"10.{(from + i) / 250}.{(from + i) % 250}.1",
                        ("Email", $"burst{from + i}@example.test")
                    );
                    if (status != HttpStatusCode.SeeOther)
                    {
                        throw new InvalidOperationException($"A request was answered with {status}.");
                    }
                })
        );
        return ([.. asked.Order()], await arriving);
    }

    private static async Task<List<TimeSpan>> WatchAsync(DirectoryInfo received, int people, Stopwatch watch)
    {
        var before = received.GetFiles("*.eml").Length;
        var arrived = new List<TimeSpan>();
        while (arrived.Count < people)
        {
            if (watch.Elapsed > Patience)
            {
                throw new TimeoutException($"{arrived.Count} of {people} mails arrived.");
            }

            await Task.Delay(20);
            var count = received.GetFiles("*.eml").Length - before;
            arrived.AddRange(Enumerable.Repeat(watch.Elapsed, count - arrived.Count));
        }

        return arrived;
    }
}
