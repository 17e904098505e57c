using System.Globalization;
using System.Text;

namespace IdP.Recovery;

/// <summary>
/// What a person types into a field of one line. Security: threat 3. A name goes into mail headers, pages and lists: it has
/// no line ends, nothing that cannot be seen, and no marks that turn the text around.
/// </summary>
public static class PlainText
{
    /// <summary>Whether a text is all of characters that can be seen, and spaces between them.</summary>
    /// <param name="text">Any text.</param>
    public static bool Is(string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (
                rune == Rune.ReplacementChar
                || Rune.GetUnicodeCategory(rune)
                    is UnicodeCategory.Control
                        or UnicodeCategory.Format
                        or UnicodeCategory.LineSeparator
                        or UnicodeCategory.ParagraphSeparator
                        or UnicodeCategory.Surrogate
                        or UnicodeCategory.PrivateUse
            )
            {
                return false;
            }
        }

        return true;
    }
}
