using IdP.Recovery.PasswordReset;
using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Reset;

/// <summary>What the request pages of the two portals have in common.</summary>
public abstract class ForgotPasswordPage(AskForPasswordReset request, IStringLocalizer<Text> text, Portal portal)
    : PageModel
{
    /// <summary>What was typed.</summary>
    [BindProperty]
    public string? Email { get; set; }

    /// <summary>Takes the request; the answer is the same for every address.</summary>
    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        switch (await request.RunAsync(Email, portal.Audience, HttpContext.Requester(), cancellationToken))
        {
            case PasswordResetAnswer.Taken:
                return this.SeeOther($"/reset/sent?for={portal.Name}", "/reset/sent");
            case PasswordResetAnswer.NotAnAddress:
                ModelState.AddModelError(nameof(Email), text["Email.NotAnAddress"]);
                return this.Again();
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }
}
