using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;

namespace Benchmarks;

/// <summary>Reset requests, each for another address and from another network.</summary>
internal static class Resets
{
    /// <summary>
    /// At a fixed rate. A request's time counts from when it should have been sent, so that a server that stalls is not spared
    /// the requests that waited.
    /// </summary>
    public static async Task<int> RunAsync(Uri origin, int perSecond, TimeSpan warm, TimeSpan duration)
    {
        using var forms = await Forms.OpenAsync(origin, "/reset/user");
        await SendAsync(forms, perSecond, warm, "warm", 11);
        var times = await SendAsync(forms, perSecond, duration, "bench", 12);
        times.Sort();
        Console.WriteLine(Told(times, duration));
        return 0;
    }

    /// <summary>As many as there is room for, so many at once.</summary>
    public static async Task<int> RunWideAsync(Uri origin, int atOnce, TimeSpan warm, TimeSpan duration)
    {
        using var forms = await Forms.OpenAsync(origin, "/reset/user");
        await SendWideAsync(forms, atOnce, warm, "wide-warm", 13);
        var times = await SendWideAsync(forms, atOnce, duration, "wide", 14);
        times.Sort();
        Console.WriteLine(Told(times, duration));
        return 0;
    }

    private static string Told(List<double> times, TimeSpan duration) =>
        FormattableString.Invariant(
            $"{times.Count / duration.TotalSeconds:F0}/s p50 {At(times, 0.5):F2} ms p99 {At(times, 0.99):F2} ms p99.9 {At(times, 0.999):F2} ms max {times[^1]:F2} ms"
        );

    private static double At(List<double> sorted, double part) => sorted[(int)(sorted.Count * part)];

    private static async Task<List<double>> SendWideAsync(
        Forms forms,
        int atOnce,
        TimeSpan duration,
        string name,
        int network
    )
    {
        var (times, watch, next) = (new ConcurrentBag<double>(), Stopwatch.StartNew(), 0);
        await Task.WhenAll(
            Enumerable
                .Range(0, atOnce)
                .Select(async _ =>
                {
                    while (watch.Elapsed < duration)
                    {
                        var (i, began) = (Interlocked.Increment(ref next), watch.Elapsed);
                        await SendAsync(forms, $"{name}{i}@example.test", $"{network}.{i / 256 % 256}.{i % 256}.1");
                        times.Add((watch.Elapsed - began).TotalMilliseconds);
                    }
                })
        );
        return [.. times];
    }

    private static async Task SendAsync(Forms forms, string email, string client)
    {
        var status = await forms.PostAsync("/reset/user", client, ("Email", email));
        if (status != HttpStatusCode.SeeOther)
        {
            throw new InvalidOperationException($"A request was answered with {status}.");
        }
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
            await SendAsync(forms, email, client);
            times.Add((watch.Elapsed - due).TotalMilliseconds);
        }
    }
}
