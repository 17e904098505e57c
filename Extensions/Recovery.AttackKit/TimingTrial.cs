using System.Diagnostics;
using System.Security.Cryptography;

namespace IdP.Recovery.AttackKit;

/// <summary>
/// Threat 11 by the clock: known and unknown addresses, in pairs of random order, at the pages that ask for a reset
/// and for a sign-in.
/// </summary>
public static class TimingTrial
{
    private const int Resamples = 2_000;
    private static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(0.5);
    private const double RelativeTolerance = 0.02;

    /// <summary>Times asking for a reset.</summary>
    /// <param name="target">The host, whose limits must be raised past the pairs for an address.</param>
    /// <param name="known">Addresses of accounts.</param>
    /// <param name="pairs">How many pairs are timed.</param>
    public static Task<TimingReport> RequestResetAsync(
        AttackTarget target,
        IReadOnlyList<string> known,
        int pairs,
        CancellationToken cancellationToken
    ) =>
        RunAsync(
            target,
            target.Pages.RequestReset,
            (visitor, page, address) => visitor.SubmitAsync(page, cancellationToken, (target.Pages.Email, address)),
            known,
            pairs,
            cancellationToken
        );

    /// <summary>Times a sign-in with a wrong password.</summary>
    /// <param name="target">The host, whose lock must begin after more failures than the pairs for an account.</param>
    /// <param name="known">Addresses of accounts.</param>
    /// <param name="pairs">How many pairs are timed.</param>
    public static Task<TimingReport> SignInAsync(
        AttackTarget target,
        IReadOnlyList<string> known,
        int pairs,
        CancellationToken cancellationToken
    ) =>
        RunAsync(
            target,
            target.Pages.SignIn,
            (visitor, page, address) =>
                visitor.SubmitAsync(
                    page,
                    cancellationToken,
                    (target.Pages.Email, address),
                    (target.Pages.Password, "a wrong guess of many words")
                ),
            known,
            pairs,
            cancellationToken
        );

    private static async Task<TimingReport> RunAsync(
        AttackTarget target,
        string path,
        Func<Visitor, Answer, string, Task<Answer?>> ask,
        IReadOnlyList<string> known,
        int pairs,
        CancellationToken cancellationToken
    )
    {
        // As many unknown addresses as known ones, so that each is as new or as worn as its counterpart.
        var unknown = known.Select(_ => Scene.NewAddress()).ToList();
        using var visitor = new Visitor(target.Nodes[0]);
        var page = await visitor.GetAsync(path, cancellationToken);
        var differences = new double[pairs];
        var all = new List<double>(2 * pairs);
        for (var i = -Math.Min(100, pairs); i < pairs; i++)
        {
            var at = (i + 100) % known.Count;
            var knownFirst = RandomNumberGenerator.GetInt32(2) == 0;
            var first = await TimeAsync(knownFirst ? known[at] : unknown[at]);
            var second = await TimeAsync(knownFirst ? unknown[at] : known[at]);
            if (i >= 0)
            {
                differences[i] = knownFirst ? first - second : second - first;
                all.Add(first);
                all.Add(second);
            }
        }

        return Report(differences, all);

        async Task<double> TimeAsync(string address)
        {
            var began = Stopwatch.GetTimestamp();
            _ = await ask(visitor, page, address) ?? throw new InvalidOperationException($"No form at {page.Address}.");
            return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }
    }

    private static TimingReport Report(double[] differences, List<double> all)
    {
        var medians = new double[Resamples];
        var sample = new double[differences.Length];
        for (var i = 0; i < Resamples; i++)
        {
            for (var j = 0; j < sample.Length; j++)
            {
                sample[j] = differences[RandomNumberGenerator.GetInt32(differences.Length)];
            }

            medians[i] = Median(sample);
        }

        Array.Sort(medians);
        var median = Median([.. all]);
        var tolerance = Math.Max(Tolerance.TotalMilliseconds, RelativeTolerance * median);
        return new(
            differences.Length,
            median,
            Median([.. differences]),
            medians[(int)(0.025 * Resamples)],
            medians[(int)(0.975 * Resamples)],
            tolerance
        );
    }

    private static double Median(double[] values)
    {
        Array.Sort(values);
        return values[values.Length / 2];
    }
}

/// <summary>What the clock said, in milliseconds; a difference is known less unknown.</summary>
/// <param name="Pairs">How many pairs were timed.</param>
/// <param name="Median">Of all answers.</param>
/// <param name="Difference">The median difference.</param>
/// <param name="Low">The lower end of its 95 % bootstrap interval.</param>
/// <param name="High">The upper end.</param>
/// <param name="Tolerance">Within which both ends must lie: 0.5 ms or 2 % of the median, whichever is larger.</param>
public sealed record TimingReport(
    int Pairs,
    double Median,
    double Difference,
    double Low,
    double High,
    double Tolerance
)
{
    /// <summary>Whether the addresses cannot be told apart.</summary>
    public bool Holds => Low >= -Tolerance && High <= Tolerance;

    /// <inheritdoc />
    public override string ToString() =>
        FormattableString.Invariant(
            $"{Pairs} pairs, median {Median:f2} ms, difference {Difference:f3} ms [{Low:f3}, {High:f3}], tolerance ±{Tolerance:f2} ms"
        );
}
