using IdP.Recovery.Ports;
using IdP.UI.Input;
using IdP.UI.Ports;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdP.UI.Pages;

/// <summary>Asks before it signs out.</summary>
public sealed class SignOutModel(ISignOut signOut) : PageModel
{
    internal const string Ended = "/signed-out";

    /// <summary>The application's request, when one asks.</summary>
    [BindProperty(SupportsGet = true)]
    public string? ReturnUrl { get; set; }

    /// <summary>Asks who is signed in; nobody else has anything to sign out of.</summary>
    public IActionResult OnGet() => User.Identity is { IsAuthenticated: true } ? Page() : this.SeeOther(Ended, Ended);

    /// <summary>Signs out.</summary>
    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken) =>
        this.SeeOther(await signOut.RunAsync(HttpContext, ReturnUrl, cancellationToken), Ended);
}

/// <summary>Ends the session of a request.</summary>
internal sealed class EndOwnSession(IAccountSessions sessions) : ISignOut
{
    public async Task<string> RunAsync(HttpContext http, string? returnUrl, CancellationToken cancellationToken)
    {
        if (http.User.Identity is { IsAuthenticated: true })
        {
            await sessions.EndAsync(
                http.User.AccountId(),
                http.User.SessionOf(),
                SessionEndReason.SignedOut,
                cancellationToken
            );
        }

        return SignOutModel.Ended;
    }
}
