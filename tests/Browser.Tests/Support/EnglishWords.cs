using System.Collections;
using System.Globalization;
using System.Resources;
using IdP.UI;

namespace Browser.Tests.Support;

/// <summary>The English sentences of the pages that have German words of their own, to be found on no German page.</summary>
internal static class EnglishWords
{
    // Shorter ones are names, or words of both languages.
    private const int ShortestSentence = 16;

    private static readonly string[] Sentences = Load();

    public static IEnumerable<string> In(string text) =>
        Sentences.Where(s => text.Contains(s, StringComparison.Ordinal));

    private static string[] Load()
    {
        var texts = new ResourceManager("IdP.UI.Texts.Text", typeof(Text).Assembly);
        var german = CultureInfo.GetCultureInfo("de");
        return
        [
            .. texts
                .GetResourceSet(CultureInfo.InvariantCulture, true, false)!
                .Cast<DictionaryEntry>()
                .Select(e => (Key: (string)e.Key, English: (string)e.Value!))
                .Where(e => e.English.Length >= ShortestSentence)
                .Where(e => !e.English.Contains('{', StringComparison.Ordinal))
                .Where(e => e.English != texts.GetString(e.Key, german))
                .Select(e => e.English),
        ];
    }
}
