using IdP.UI.Culture;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.WebUtilities;

namespace IdP.UI.Pages;

/// <summary>Keeps the look and the language chosen in the footer, and goes back.</summary>
public sealed class PreferencesModel(TimeProvider clock) : PageModel
{
    /// <summary>There is nothing to see here.</summary>
    public IActionResult OnGet() => NotFound();

    /// <summary>Stores one choice in a cookie.</summary>
    public IActionResult OnPost(string? theme, string? language, string? returnUrl)
    {
        // Security: only a path of this host is gone back to (open redirect).
        var back = Url.IsLocalUrl(returnUrl) ? returnUrl : Url.Content("~/");
        switch (theme)
        {
            case Theme.Auto:
                Response.Cookies.Delete(Theme.Cookie);
                break;
            case Theme.Light or Theme.Dark:
                Response.Cookies.Append(Theme.Cookie, theme, Lasting(clock.GetUtcNow().AddYears(1)));
                break;
        }

        if (Languages.Has(language))
        {
            // For this visit only: it stands above the account's own language, and must not do so for ever.
            Response.Cookies.Append(CultureProviders.LanguageCookie, language!, Lasting(null));
            back = WithoutUiLocales(back);
        }

        return LocalRedirect(back);
    }

    // Neither is a secret, and the script in the page sets the look itself.
    private CookieOptions Lasting(DateTimeOffset? until) =>
        new()
        {
            Expires = until,
            IsEssential = true,
            SameSite = SameSiteMode.Lax,
            Secure = Request.IsHttps,
        };

    // A person's own choice wins over the application's `ui_locales` in this address.
    private static string WithoutUiLocales(string url)
    {
        var at = url.IndexOf('?', StringComparison.Ordinal);
        if (at < 0)
        {
            return url;
        }

        var query = QueryHelpers.ParseQuery(url[at..]);
        return query.Remove("ui_locales") ? QueryHelpers.AddQueryString(url[..at], query) : url;
    }
}
