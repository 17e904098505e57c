namespace IdP.Recovery.Passwords;

/// <summary>
/// How many guesses, as a power of two, a password takes when words, dates, repetitions and walks are tried first, and
/// what it is made of. The cheapest way to put it together is found from left to right (as zxcvbn does), with a
/// bounded number of pieces at each place, so that the time grows with the length alone.
/// </summary>
internal sealed class GuessEstimate
{
    private const int LongestUnit = 12;
    private const int ShortestWalk = 4;
    private readonly string password;
    private readonly string lower;
    private readonly string[] spellings;
    private readonly double[] bits;
    private readonly (int Start, Part Part)[] cheapest;
    private readonly bool[] patterned;
    private readonly int[][] repeats;
    private readonly KeyboardWalks walks;

    private GuessEstimate(string password)
    {
        this.password = password;
        lower = password.ToLowerInvariant();
        spellings = [lower, .. Respelled(lower)];
        bits = new double[lower.Length + 1];
        cheapest = new (int, Part)[lower.Length + 1];
        patterned = new bool[lower.Length];
        repeats = [.. Enumerable.Range(1, LongestUnit).Select(Repeats)];
        walks = new(lower);
        Array.Fill(bits, double.PositiveInfinity, 1, lower.Length);
        for (var i = 0; i < lower.Length; i++)
        {
            Add(i, 1, Cost(lower[i]), Part.Characters);
            AddWords(i);
            AddNumbers(i);
            AddRepetitions(i);
            AddSequence(i);
            AddWalk(i);
        }

        PatternShare = lower.Length == 0 ? 0 : (double)patterned.Count(p => p) / lower.Length;
        MostlyWords = Covered(Part.Words) > Covered(Part.Pattern);
    }

    public double Bits => bits[^1];

    /// <summary>Whether it is words and dates rather than patterns.</summary>
    public bool MostlyWords { get; }

    /// <summary>How much of it, from 0 to 1, repetitions, sequences and walks cover.</summary>
    public double PatternShare { get; }

    private enum Part
    {
        Characters,
        Words,
        Pattern,
    }

    public static GuessEstimate Of(string password) => new(password);

    private static IEnumerable<string> Respelled(string lower)
    {
        var asI = string.Create(lower.Length, lower, (to, from) => Respell(from, to, 'i'));
        if (asI != lower)
        {
            yield return asI;
            yield return string.Create(lower.Length, lower, (to, from) => Respell(from, to, 'l'));
        }
    }

    private static void Respell(string from, Span<char> to, char one)
    {
        for (var i = 0; i < to.Length; i++)
        {
            to[i] = from[i] switch
            {
                '1' or '!' or '|' => one,
                '0' => 'o',
                '3' => 'e',
                '4' or '@' => 'a',
                '5' or '$' => 's',
                '7' or '+' => 't',
                _ => from[i],
            };
        }
    }

    private static double Cost(char c) =>
        c switch
        {
            >= '0' and <= '9' => Math.Log2(10),
            >= 'a' and <= 'z' => Math.Log2(26),
            < (char)128 => 5,
            _ => 6,
        };

    private void Add(int start, int length, double cost, Part part)
    {
        var end = start + length;
        if (part == Part.Pattern)
        {
            patterned.AsSpan(start, length).Fill(true);
        }

        if (bits[start] + cost < bits[end])
        {
            bits[end] = bits[start] + cost;
            cheapest[end] = (start, part);
        }
    }

    private void AddWords(int start)
    {
        var longest = Math.Min(CommonWords.LongestWord, lower.Length - start);
        for (var length = 3; length <= longest; length++)
        {
            for (var s = 0; s < spellings.Length; s++)
            {
                var rank = CommonWords.RankOf(spellings[s].AsSpan(start, length));
                if (rank > 0)
                {
                    // One bit for where the word ends, one for the odd spelling.
                    var cost = Math.Log2(rank + 1) + 1 + (s > 0 ? 1 : 0) + Capitals(start, length);
                    Add(start, length, cost, Part.Words);
                }
            }
        }
    }

    private int Capitals(int start, int length)
    {
        var capitals = 0;
        for (var i = start; i < start + length; i++)
        {
            capitals += password[i] == lower[i] ? 0 : 1;
        }

        var usual =
            capitals == length || (capitals == 1 && password[start] != lower[start]) ? 1 : capitals;
        return capitals == 0 ? 0 : usual;
    }

    private void AddNumbers(int start)
    {
        if (TryNumber(start, 4, out var year) && IsYear(year))
        {
            Add(start, 4, Math.Log2(140), Part.Words);
        }

        if (
            TryNumber(start, 8, out var date)
            && (IsDate(date / 10000, date / 100 % 100, date % 100) || IsDayFirst(date))
        )
        {
            Add(start, 8, Math.Log2(365 * 140), Part.Words);
        }
    }

    private static bool IsDayFirst(int date) =>
        IsDate(date % 10000, date / 10000 % 100, date / 1000000)
        || IsDate(date % 10000, date / 1000000, date / 10000 % 100);

    private static bool IsDate(int year, int month, int day) =>
        IsYear(year) && month is >= 1 and <= 12 && day is >= 1 and <= 31;

    private static bool IsYear(int year) => year is >= 1900 and < 2040;

    private bool TryNumber(int start, int length, out int number)
    {
        number = 0;
        return start + length <= lower.Length
            && !lower.AsSpan(start, length).ContainsAnyExceptInRange('0', '9')
            && int.TryParse(lower.AsSpan(start, length), out number);
    }

    private void AddRepetitions(int start)
    {
        var unitCost = 0d;
        for (var unit = 1; unit <= LongestUnit && start + (2 * unit) <= lower.Length; unit++)
        {
            unitCost += Cost(lower[start + unit - 1]);
            var length = unit + repeats[unit - 1][start + unit];
            if (length >= 2 * unit && length >= 3)
            {
                var cost = unitCost + Math.Log2((double)length / unit) + 1;
                Add(start, length, cost, Part.Pattern);
            }
        }
    }

    // For each place, how many characters from there on are what stood a unit before.
    private int[] Repeats(int unit)
    {
        var counts = new int[lower.Length + 1];
        for (var i = lower.Length - 1; i >= unit; i--)
        {
            counts[i] = lower[i] == lower[i - unit] ? counts[i + 1] + 1 : 0;
        }

        return counts;
    }

    private void AddSequence(int start)
    {
        if (start + 2 >= lower.Length)
        {
            return;
        }

        var step = lower[start + 1] - lower[start];
        var length = 1;
        while (
            step is 1 or -1
            && start + length < lower.Length
            && lower[start + length] - lower[start + length - 1] == step
        )
        {
            length++;
        }

        if (length >= 3)
        {
            var cost = Cost(lower[start]) + Math.Log2(length) + (step < 0 ? 1 : 0);
            Add(start, length, cost, Part.Pattern);
        }
    }

    private void AddWalk(int start)
    {
        var (length, turns) = walks.From(start);
        if (length >= ShortestWalk)
        {
            var cost = Math.Log2(47) + Math.Log2(length) + (turns * Math.Log2(6));
            Add(start, length, cost, Part.Pattern);
        }
    }

    private int Covered(Part part)
    {
        var covered = 0;
        for (var end = lower.Length; end > 0; end = cheapest[end].Start)
        {
            covered += cheapest[end].Part == part ? end - cheapest[end].Start : 0;
        }

        return covered;
    }
}
