using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdP.UI.Pages.Reset;

/// <summary>
/// Where the mailed link leads. Moves the token from the address bar into a cookie and goes on to a clean address; it
/// reads and changes nothing, so a mail scanner burns nothing (threat 16).
/// </summary>
internal sealed class OpenModel(LinkCookie cookie) : PageModel
{
    public IActionResult OnGet(string? token)
    {
        if (Recovery.Secrets.Hash(token) is not null)
        {
            cookie.Set(Response, LinkPurpose.PasswordReset, token!);
        }

        return this.SeeOther("/reset/password", "/reset/password");
    }
}
