namespace IdP.Recovery.Passwords;

/// <summary>Neighbouring keys on the layouts QWERTY, QWERTZ and AZERTY.</summary>
internal sealed class KeyboardWalks
{
    private const int NoStep = 0;

    // A row stands half a key to the right of the one above, so a key has two neighbours above and two below.
    private static readonly Dictionary<char, (int Row, int Column)>[] Layouts =
    [
        Layout("1234567890-=", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./"),
        Layout("1234567890ß´", "qwertzuiopü+", "asdfghjklöä", "yxcvbnm,.-"),
        Layout("1234567890°+", "azertyuiop^$", "qsdfghjklmù", "wxcvbn,;:!"),
    ];

    private readonly int[][] steps;

    public KeyboardWalks(string lower) =>
        steps = [
            .. Layouts.Select(layout =>
                Enumerable.Range(0, lower.Length).Select(i => Step(layout, lower, i)).ToArray()
            ),
        ];

    /// <summary>The longest walk that begins at a place, and how often it changes direction.</summary>
    public (int Length, int Turns) From(int start)
    {
        var best = (Length: 1, Turns: 0);
        foreach (var directions in steps)
        {
            var (length, turns) = (1, 0);
            while (start + length < directions.Length && directions[start + length] != NoStep)
            {
                turns +=
                    length > 1 && directions[start + length] != directions[start + length - 1]
                        ? 1
                        : 0;
                length++;
            }

            best = length > best.Length ? (length, turns) : best;
        }

        return best;
    }

    private static int Step(
        Dictionary<char, (int Row, int Column)> layout,
        string lower,
        int place
    ) =>
        place > 0
        && layout.TryGetValue(lower[place - 1], out var from)
        && layout.TryGetValue(lower[place], out var to)
            ? (to.Row - from.Row, to.Column - from.Column) switch
            {
                (0, 1) => 1,
                (0, -1) => 2,
                (1, 0) => 3,
                (1, -1) => 4,
                (-1, 0) => 5,
                (-1, 1) => 6,
                _ => NoStep,
            }
            : NoStep;

    private static Dictionary<char, (int Row, int Column)> Layout(params string[] rows)
    {
        var keys = new Dictionary<char, (int, int)>();
        for (var row = 0; row < rows.Length; row++)
        {
            for (var column = 0; column < rows[row].Length; column++)
            {
                keys[rows[row][column]] = (row, column);
            }
        }

        return keys;
    }
}
