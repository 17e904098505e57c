using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdP.UI.Pages.Unlock;

/// <summary>Where the mailed link to unlock leads; moves the token out of the address bar and changes nothing.</summary>
internal sealed class OpenModel(LinkCookie cookie) : PageModel
{
    public IActionResult OnGet(string? token)
    {
        if (Recovery.Secrets.Hash(token) is not null)
        {
            cookie.Set(Response, LinkPurpose.Unlock, token!);
        }

        return this.SeeOther("/unlock", "/unlock");
    }
}
