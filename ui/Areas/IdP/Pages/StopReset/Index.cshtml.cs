using IdP.Recovery.PasswordReset;
using IdP.UI.Input;
using IdP.UI.Links;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdP.UI.Pages.StopReset;

/// <summary>Stops another administrator's reset, closes the account where it is done, or withdraws one's own.</summary>
internal sealed class IndexModel(StopPasswordReset stop, LinkCookie cookie) : PageModel
{
    /// <summary>What is stopped; null when the link is gone.</summary>
    public StoppableReset? Reset { get; private set; }

    /// <summary>How it ended; null before that.</summary>
    public StoppedPasswordReset? Ended { get; private set; }

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken)
    {
        Reset = await stop.LookAsync(cookie.Read(Request, LinkPurpose.StopReset), cancellationToken);
        if (Reset is null or { Stage: ResetStage.Over })
        {
            Response.StatusCode = 410;
        }

        return Page();
    }

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        Ended = await stop.RunAsync(
            cookie.Read(Request, LinkPurpose.StopReset),
            HttpContext.Requester(),
            cancellationToken
        );
        cookie.Clear(Response, LinkPurpose.StopReset);
        if (Ended is StoppedPasswordReset.Gone or StoppedPasswordReset.TooLate)
        {
            Response.StatusCode = 410;
        }

        return Page();
    }
}
