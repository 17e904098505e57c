using Microsoft.AspNetCore.Mvc.ViewFeatures;

namespace IdP.UI;

/// <summary>What a page has done, for the next page to say.</summary>
public static class Told
{
    private const string Key = "IdP.Told";

    /// <summary>Shows a sentence as a notification on the next page. Nothing secret: it travels in a cookie.</summary>
    public static void Tell(this ITempDataDictionary data, string sentence) => data[Key] = sentence;

    /// <summary>The sentence to show, once; null when there is none.</summary>
    public static string? TakeTold(this ITempDataDictionary data) => data[Key] as string;
}
