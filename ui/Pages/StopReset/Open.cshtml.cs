using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdP.UI.Pages.StopReset;

/// <summary>Where the link to stop a reset leads; moves the token out of the address bar and changes nothing.</summary>
internal sealed class OpenModel(LinkCookie cookie) : PageModel
{
    public IActionResult OnGet(string? token)
    {
        if (Recovery.Secrets.Hash(token) is not null)
        {
            cookie.Set(Response, LinkPurpose.StopReset, token!);
        }

        return this.SeeOther("/stop-reset", "/stop-reset");
    }
}
