using IdP.Recovery.PasswordReset;
using IdP.UI.Input;
using IdP.UI.Links;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdP.UI.Pages.NotMe;

/// <summary>Says what 'this was not me' will do, and does it.</summary>
internal sealed class IndexModel(ReportNotMe report, LinkCookie cookie) : PageModel
{
    /// <summary>Where the new link goes; null when this one is gone.</summary>
    public string? Address { get; private set; }

    public bool Done { get; private set; }

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken)
    {
        Address = await report.LookAsync(cookie.Read(Request, LinkPurpose.NotMe), cancellationToken);
        if (Address is null)
        {
            Response.StatusCode = 410;
        }

        return Page();
    }

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        var token = cookie.Read(Request, LinkPurpose.NotMe);
        Address = await report.LookAsync(token, cancellationToken);
        Done = await report.RunAsync(token, HttpContext.Requester(), cancellationToken);
        cookie.Clear(Response, LinkPurpose.NotMe);
        if (!Done)
        {
            Address = null;
            Response.StatusCode = 410;
        }

        return Page();
    }
}
