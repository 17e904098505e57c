using IdP.Recovery.MfaReset;
using IdP.UI.Input;
using IdP.UI.Links;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdP.UI.Pages.ObjectToReset;

/// <summary>Objects to an MFA reset of one's own that waits for a second administrator.</summary>
internal sealed class IndexModel(ObjectToMfaReset objection, LinkCookie cookie) : PageModel
{
    /// <summary>What it is about; null when the link is gone.</summary>
    public ObjectionableMfaReset? Reset { get; private set; }

    /// <summary>Whether it has ended here.</summary>
    public bool Done { get; private set; }

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken)
    {
        Reset = await objection.LookAsync(Token(), cancellationToken);
        if (Reset is null or { Waits: false })
        {
            Response.StatusCode = 410;
        }

        return Page();
    }

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        Reset = await objection.LookAsync(Token(), cancellationToken);
        Done = await objection.RunAsync(Token(), HttpContext.Requester(), cancellationToken);
        cookie.Clear(Response, LinkPurpose.ObjectToMfaReset);
        if (!Done)
        {
            Reset = Reset is null ? null : Reset with { Waits = false };
            Response.StatusCode = 410;
        }

        return Page();
    }

    private string? Token() => cookie.Read(Request, LinkPurpose.ObjectToMfaReset);
}
