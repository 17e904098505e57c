using IdentityProvider.OpenId.Logout;
using IdentityProvider.Operations;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.Pages;

/// <summary>Loads the applications' logout addresses in frames, and goes on.</summary>
internal sealed class FrontChannelModel(FrontChannelLogout logout) : PageModel
{
    public string GoOn { get; private set; } = "/signed-out";

    public IReadOnlyList<string> Frames { get; private set; } = [];

    public IActionResult OnGet(string? ticket)
    {
        if (logout.Read(ticket) is not var (goOn, frames))
        {
            return BadRequest();
        }

        (GoOn, Frames) = (goOn, frames);
        ContentSecurity.AllowFrames(HttpContext, frames.Select(f => new Uri(f)));
        return Page();
    }
}
