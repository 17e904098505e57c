using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;

namespace Benchmarks;

/// <summary>
/// Reset requests at a fixed rate, each for another address and from another network. A request's time counts from when it should have been
/// sent, so that a server that stalls is not spared the requests that waited.
/// </summary>
internal static class Resets
{
    public static async Task<int> RunAsync(Uri origin, int perSecond, TimeSpan warm, TimeSpan duration)
    {
        using var forms = await Forms.OpenAsync(origin, "/reset/user");
        await SendAsync(forms, perSecond, warm, "warm", 11);
        var times = await SendAsync(forms, perSecond, duration, "bench", 12);
        times.Sort();
        Console.WriteLine(
            FormattableString.Invariant(
                $"{times.Count / duration.TotalSeconds:F0}/s p50 {times[times.Count / 2]:F2} ms p99 {times[(int)(times.Count * 0.99)]:F2} ms max {times[^1]:F2} ms"
            )
        );
        return 0;
    }

    private static async Task<List<double>> SendAsync(
        Forms forms,
        int perSecond,
        TimeSpan duration,
        string name,
        int network
    )
    {
        var times = new ConcurrentBag<double>();
        var under = new List<Task>();
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < perSecond * duration.TotalSeconds; i++)
        {
            var due = TimeSpan.FromSeconds((double)i / perSecond);
            if (due - watch.Elapsed is { Ticks: > 0 } wait)
            {
                await Task.Delay(wait);
            }

            under.Add(OneAsync($"{name}{i}@example.test", $"{network}.{i / 256 % 256}.{i % 256}.1", due));
        }

        await Task.WhenAll(under);
        return [.. times];

        async Task OneAsync(string email, string client, TimeSpan due)
        {
            var status = await forms.PostAsync("/reset/user", client, ("Email", email));
            if (status != HttpStatusCode.SeeOther)
            {
                throw new InvalidOperationException($"A request was answered with {status}.");
            }

            times.Add((watch.Elapsed - due).TotalMilliseconds);
        }
    }
}
