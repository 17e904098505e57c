using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.WebUtilities;

namespace IdP.UI.Pages.Login;

/// <summary>Where a sign-in goes on to, and what the authorization request behind it asks for.</summary>
internal static class SignInReturn
{
    /// <summary>The value with which an application asks for a second factor.</summary>
    public const string FactorAcr = "urn:idp:acr:mfa";

    /// <summary>The value with which an application says that a password will do.</summary>
    public const string PasswordAcr = "urn:idp:acr:pwd";

    /// <summary>The value with which an application asks for a passkey (OpenID EAP).</summary>
    public const string PasskeyAcr = "phr";

    /// <summary>The next page of the sign-in, which keeps where to go on.</summary>
    public static string Page(string path, string? returnUrl) =>
        returnUrl is null ? path : path + QueryString.Create("returnUrl", returnUrl);

    /// <summary>Whether the application asks for a second factor, so that no remembered browser stands in for it.</summary>
    public static bool WantsFactor(PageModel page, string? returnUrl) =>
        (Parameter(page, returnUrl, "acr_values") ?? "").Split(' ').Any(value => value is FactorAcr or PasskeyAcr);

    /// <summary>Whether nothing but a passkey is what the application asks for.</summary>
    public static bool WantsPasskey(PageModel page, string? returnUrl)
    {
        var wishes = (Parameter(page, returnUrl, "acr_values") ?? "").Split(' ');
        return wishes.Contains(PasskeyAcr) && !wishes.Any(w => w is FactorAcr or PasswordAcr);
    }

    /// <summary>A parameter of the request behind a sign-in, if that is on this host.</summary>
    public static string? Parameter(PageModel page, string? returnUrl, string name) =>
        page.Url.IsLocalUrl(returnUrl) && returnUrl.Split('?', 2) is [_, var query]
            ? QueryHelpers.ParseQuery(query).GetValueOrDefault(name).ToString()
            : null;
}
