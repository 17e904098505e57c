using Microsoft.AspNetCore.Http;

namespace IdP.UI;

/// <summary>Light or dark by choice; without one, the system decides.</summary>
public static class Theme
{
    internal const string Cookie = "idp.theme";

    /// <summary>As the system says.</summary>
    public const string Auto = "auto";

    /// <summary>Light, whatever the system says.</summary>
    public const string Light = "light";

    /// <summary>Dark, whatever the system says.</summary>
    public const string Dark = "dark";

    /// <summary>The choice, or null: a cookie is input, so anything else counts as none.</summary>
    public static string? ChosenBy(HttpRequest request) =>
        request.Cookies[Cookie] is Light or Dark ? request.Cookies[Cookie] : null;
}
