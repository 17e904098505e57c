using IdentityProvider.OpenId;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.Pages;

/// <summary>Loads the applications' logout addresses in frames, and goes on.</summary>
internal sealed class FrontChannelModel(FrontChannelLogout logout) : PageModel
{
    /// <summary>Where the policy of this page learns which origins may be framed.</summary>
    public const string FramesItem = "IdentityProvider.Frames";

    public string GoOn { get; private set; } = "/signed-out";

    public IReadOnlyList<string> Frames { get; private set; } = [];

    public IActionResult OnGet(string? ticket)
    {
        if (logout.Read(ticket) is not var (goOn, frames))
        {
            return BadRequest();
        }

        (GoOn, Frames) = (goOn, frames);
        HttpContext.Items[FramesItem] = frames
            .Select(f => new Uri(f).GetLeftPart(UriPartial.Authority))
            .Distinct(StringComparer.Ordinal)
            .ToArray();
        return Page();
    }
}
