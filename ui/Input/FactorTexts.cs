using System.Globalization;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Input;

internal static class FactorTexts
{
    /// <summary>Why no proof is looked at for a while, or any more.</summary>
    public static string Closed(this IStringLocalizer text, DateTimeOffset? until) =>
        until is { } end
            ? text["Factor.ClosedUntil", end.ToString("t", CultureInfo.CurrentCulture)]
            : text["Factor.Disabled"];
}
