using System.Globalization;

namespace IdP.UI.Culture;

/// <summary>The languages the pages speak. The first is the one used when none fits.</summary>
public static class Languages
{
    /// <summary>Language tags (RFC 5646), each with a <c>Texts/Text.*.resx</c> of its own.</summary>
    public static IReadOnlyList<string> Tags { get; } = ["en", "de"];

    /// <summary>Whether a tag is one of <see cref="Tags"/>, exactly.</summary>
    public static bool Has(string? tag) => tag is not null && Tags.Contains(tag);

    /// <summary>A language's name in itself: <c>Deutsch</c>.</summary>
    public static string NameOf(string tag) => CultureInfo.GetCultureInfo(tag).NativeName;
}
