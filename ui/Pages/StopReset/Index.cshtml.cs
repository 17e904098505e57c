using IdP.Recovery;
using IdP.Recovery.PasswordReset;
using IdP.UI.Input;
using IdP.UI.Links;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdP.UI.Pages.StopReset;

/// <summary>Stops another administrator's reset.</summary>
internal sealed class IndexModel(StopPasswordReset stop, LinkCookie cookie) : PageModel
{
    /// <summary>Whose reset; null when the link is gone.</summary>
    public RecoverableAccount? Account { get; private set; }

    public bool Stopped { get; private set; }

    public bool TooLate { get; private set; }

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken)
    {
        Account = await stop.LookAsync(cookie.Read(Request, LinkPurpose.StopReset), cancellationToken);
        if (Account is null)
        {
            Response.StatusCode = 410;
        }

        return Page();
    }

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        var result = await stop.RunAsync(
            cookie.Read(Request, LinkPurpose.StopReset),
            HttpContext.Requester(),
            cancellationToken
        );
        cookie.Clear(Response, LinkPurpose.StopReset);
        Stopped = result is StoppedPasswordReset.Done;
        TooLate = result is StoppedPasswordReset.TooLate;
        if (!Stopped)
        {
            Response.StatusCode = 410;
        }

        return Page();
    }
}
