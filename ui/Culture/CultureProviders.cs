using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Localization;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace IdP.UI.Culture;

/// <summary>
/// A page's language: <c>ui_locales</c> of this address (OpenID Connect Core 3.1.2.1), the choice made in the footer,
/// <c>ui_locales</c> of the sign-in this page belongs to (inside the local <c>returnUrl</c>), the account's
/// <c>locale</c> claim, the browser.
/// </summary>
internal static class CultureProviders
{
    public const string LanguageCookie = "idp.language";

    private const int MostTags = 8;

    public static IList<IRequestCultureProvider> All { get; } =
    [
        From(http => Single(http.Request.Query["ui_locales"])),
        From(http => http.Request.Cookies[LanguageCookie]),
        From(WithinReturnUrl),
        From(http => http.User.FindFirst("locale")?.Value),
        new AcceptLanguageHeaderRequestCultureProvider(),
    ];

    private static CustomRequestCultureProvider From(Func<HttpContext, string?> read) =>
        new(http => Task.FromResult(Result(read(http))));

    private static ProviderCultureResult? Result(string? locales)
    {
        if (string.IsNullOrWhiteSpace(locales))
        {
            return null;
        }

        var tags = locales
            .Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Take(MostTags)
            .Where(IsSpoken)
            .Select(tag => new StringSegment(tag))
            .ToList();
        return tags.Count == 0 ? null : new ProviderCultureResult(tags);
    }

    // Security: only a tag that leads to one of ours is turned into a culture; the rest of the text goes nowhere.
    private static bool IsSpoken(string tag) =>
        Languages.Tags.Any(own =>
            tag.Equals(own, StringComparison.OrdinalIgnoreCase)
            || (tag.StartsWith(own + "-", StringComparison.OrdinalIgnoreCase) && IsKnown(tag))
        );

    private static bool IsKnown(string tag)
    {
        try
        {
            return CultureInfo.GetCultureInfo(tag, predefinedOnly: true) is not null;
        }
        catch (CultureNotFoundException)
        {
            return false;
        }
    }

    private static string? WithinReturnUrl(HttpContext http)
    {
        var returnUrl = Single(http.Request.Query["returnUrl"]);
        if (returnUrl is null || !returnUrl.StartsWith('/'))
        {
            return null;
        }

        var query = returnUrl.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? null
            : QueryHelpers.ParseQuery(returnUrl[query..]).TryGetValue("ui_locales", out var locales) ? Single(locales)
            : null;
    }

    private static string? Single(StringValues values) => values.Count == 1 ? values[0] : null;
}
