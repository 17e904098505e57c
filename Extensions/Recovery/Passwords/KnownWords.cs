using System.Globalization;
using System.Text;

namespace IdP.Recovery.Passwords;

/// <summary>
/// Words that anyone knows of a person or a service, found in a password in any case, with or without accents, and with
/// the usual digits for letters.
/// </summary>
internal static class KnownWords
{
    private const int ShortestWord = 3;

    /// <summary>The words of a name or an address; and all of them as one.</summary>
    public static IEnumerable<string> Of(string text)
    {
        var words = Words(text);
        return words
            .Append(string.Concat(words))
            .Append(Fold(text).Letters)
            .Where(IsLongEnough)
            .Distinct();
    }

    /// <summary>A service's name as one word: its parts alone may be anyone's words.</summary>
    public static IEnumerable<string> Whole(string name) =>
        new[] { string.Concat(Words(name)), Fold(name).Letters }.Where(IsLongEnough).Distinct();

    /// <summary>Which characters of a password belong to one of the words, whatever separates their letters.</summary>
    public static bool Cover(string password, IEnumerable<string> words, bool[] covered)
    {
        var (letters, places) = Fold(password);
        var found = false;
        foreach (var word in words)
        {
            for (
                var i = letters.IndexOf(word, StringComparison.Ordinal);
                i >= 0;
                i = letters.IndexOf(word, i + 1, StringComparison.Ordinal)
            )
            {
                var (first, last) = (places[i], places[i + word.Length - 1]);
                covered.AsSpan(first, last - first + 1).Fill(true);
                found = true;
            }
        }

        return found;
    }

    // Case, accents and look-alikes taken away, and what is no letter or digit left out; with the places they have.
    private static (string Letters, int[] Places) Fold(string text)
    {
        var places = Enumerable
            .Range(0, text.Length)
            .Where(i => IsWordCharacter(Fold(text[i])))
            .ToArray();
        return (new string([.. places.Select(i => Fold(text[i]))]), places);
    }

    private static string[] Words(string text) =>
        new string([.. text.Select(c => IsWordCharacter(c) ? Fold(c) : ' ')]).Split(
            ' ',
            StringSplitOptions.RemoveEmptyEntries
        );

    private static bool IsWordCharacter(char c) => char.IsLetterOrDigit(c) || char.IsSurrogate(c);

    // A word of Chinese, say, is often two characters long.
    private static bool IsLongEnough(string word) =>
        word.Length >= ShortestWord
        || (
            word.Length == 2
            && word.All(c => char.GetUnicodeCategory(c) == UnicodeCategory.OtherLetter)
        );

    private static char Fold(char c)
    {
        if (c > 127 && !char.IsSurrogate(c))
        {
            var plain = c.ToString().Normalize(NormalizationForm.FormKD);
            c = plain.Skip(1).All(IsMark) ? plain[0] : c;
        }

        return char.ToLowerInvariant(c) switch
        {
            '1' or '!' or '|' or 'l' or 'ı' => 'i',
            '0' => 'o',
            '3' => 'e',
            '4' or '@' => 'a',
            '5' or '$' => 's',
            '7' => 't',
            var other => other,
        };
    }

    private static bool IsMark(char c) =>
        char.GetUnicodeCategory(c) == UnicodeCategory.NonSpacingMark;
}
