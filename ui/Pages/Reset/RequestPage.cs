using IdP.Recovery;
using IdP.Recovery.PasswordReset;
using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Reset;

/// <summary>What the request pages of the two portals have in common.</summary>
public abstract class RequestPage(RequestPasswordReset request, IStringLocalizer<Text> text, Audience portal)
    : PageModel
{
    /// <summary>What was typed.</summary>
    [BindProperty]
    public string? Email { get; set; }

    /// <summary>Takes the request; the answer is the same for every address.</summary>
    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        switch (await request.RunAsync(Email, portal, HttpContext.Origin(), cancellationToken))
        {
            case PasswordResetRequested.Taken:
                return this.SeeOther(
                    $"/reset/sent?for={(portal == Audience.Administrator ? "administrator" : "user")}",
                    "/reset/sent"
                );
            case PasswordResetRequested.NotAnAddress:
                ModelState.AddModelError(nameof(Email), text["Email.NotAnAddress"]);
                return this.Again();
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }
}
