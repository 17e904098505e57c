using IdP.Recovery.Ports;
using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdP.UI.Pages;

/// <summary>The portals' own 'Sign out'; applications use the engine's end-session endpoint.</summary>
public sealed class SignOutModel(IAccountSessions sessions) : PageModel
{
    /// <summary>Signs out.</summary>
    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        if (User.Identity is { IsAuthenticated: true })
        {
            await sessions.EndAsync(User.AccountId(), User.SessionOf(), SessionEndReason.SignedOut, cancellationToken);
        }

        return this.SeeOther("/signed-out", "/signed-out");
    }
}
