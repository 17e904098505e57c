using IdentityProvider.OpenId;
using IdP.Recovery.Ports;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.WebUtilities;

namespace IdentityProvider.Pages;

/// <summary>
/// Asks before it signs out, in place of the library's page: the end-session endpoint does it, which also tells the
/// applications.
/// </summary>
internal sealed class SignOutModel(AnswerTickets tickets) : PageModel
{
    private const string Endpoint = "/connect/logout";

    /// <summary>The application's request, when one asks.</summary>
    [BindProperty(SupportsGet = true)]
    public string? ReturnUrl { get; set; }

    /// <summary>Asks who is signed in; nobody else has anything to sign out of.</summary>
    public IActionResult OnGet()
    {
        if (User.Identity is { IsAuthenticated: true })
        {
            return Page();
        }

        Response.Headers.Location = "/signed-out";
        return new StatusCodeResult(StatusCodes.Status303SeeOther);
    }

    public IActionResult OnPost()
    {
        var request = ReturnUrl?.StartsWith(Endpoint + "?", StringComparison.Ordinal) == true ? ReturnUrl : Endpoint;
        Response.Headers.Location = User.Identity is { IsAuthenticated: true }
            ? QueryHelpers.AddQueryString(request, AnswerTickets.LogoutParameter, tickets.Logout(User.SessionOf()))
            : request;
        return new StatusCodeResult(StatusCodes.Status303SeeOther);
    }
}
