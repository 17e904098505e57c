using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdP.UI.Links;

/// <summary>
/// Where a mailed link leads. Moves the token from the address bar into a cookie and goes on to a clean address; it reads
/// and changes nothing, so a mail scanner burns nothing (threat 16).
/// </summary>
internal abstract class OpenLinkPage(LinkCookie cookie, LinkPurpose purpose) : PageModel
{
    /// <summary>Goes on, whatever the token is: the page behind says what is wrong with it.</summary>
    public IActionResult OnGet(string? token)
    {
        if (Recovery.Secrets.Hash(token) is not null)
        {
            cookie.Set(Response, purpose, token!);
        }

        return this.SeeOther(purpose.Page, purpose.Page);
    }
}
