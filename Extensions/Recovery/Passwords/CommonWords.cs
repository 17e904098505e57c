namespace IdP.Recovery.Passwords;

/// <summary>
/// The frequency lists that zxcvbn carries: leaked passwords, English words, names. Read from its assembly; its own
/// estimate is not used, since its time grows faster than the length.
/// </summary>
internal static class CommonWords
{
    private static readonly string[] Lists =
    [
        "passwords",
        "english",
        "female_names",
        "male_names",
        "surnames",
        "us_tv_and_film",
    ];

    private static readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> Ranks =
        Load();

    public static int LongestWord => 24;

    /// <summary>The best place of a lower-case word in any list, from 1; 0 when it is in none.</summary>
    public static int RankOf(ReadOnlySpan<char> word) => Ranks.TryGetValue(word, out var r) ? r : 0;

    private static Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> Load()
    {
        var ranks = new Dictionary<string, int>(100_000, StringComparer.Ordinal);
        var assembly = typeof(global::Zxcvbn.Zxcvbn).Assembly;
        foreach (var list in Lists)
        {
            var name = $"zxcvbn-core.Dictionaries.{list}.lst";
            using var stream =
                assembly.GetManifestResourceStream(name)
                ?? throw new InvalidOperationException($"zxcvbn-core has no list '{name}'.");
            using var reader = new StreamReader(stream);
            for (var rank = 1; reader.ReadLine() is { } word; rank++)
            {
                if (!ranks.TryGetValue(word, out var known) || rank < known)
                {
                    ranks[word] = rank;
                }
            }
        }

        return ranks.GetAlternateLookup<ReadOnlySpan<char>>();
    }
}
