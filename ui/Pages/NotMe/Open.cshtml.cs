using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdP.UI.Pages.NotMe;

/// <summary>Where 'this was not me' leads; moves the token out of the address bar and changes nothing.</summary>
internal sealed class OpenModel(LinkCookie cookie) : PageModel
{
    public IActionResult OnGet(string? token)
    {
        if (Recovery.Secrets.Hash(token) is not null)
        {
            cookie.Set(Response, LinkPurpose.NotMe, token!);
        }

        return this.SeeOther("/not-me", "/not-me");
    }
}
