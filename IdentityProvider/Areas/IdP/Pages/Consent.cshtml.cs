using IdentityProvider.Clients;
using IdentityProvider.OpenId;
using IdP.Recovery.Ports;
using IdP.UI;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Localization;

namespace IdentityProvider.Pages;

/// <summary>Asks whether a third party's application may have what it asks for, and goes back with the answer.</summary>
[Authorize]
internal sealed class ConsentModel(
    ClientRegistry clients,
    AnswerTickets tickets,
    IRequestingClientSource names,
    IStringLocalizer<Text> text
) : PageModel
{
    [BindProperty(SupportsGet = true)]
    public string? Ask { get; set; }

    public ConsentQuestion Question { get; private set; } = null!;

    public string ClientName { get; private set; } = "";

    public IEnumerable<string> Scopes => Question.Scopes.Split(' ').Select(s => text.Scope(s, names));

    public IActionResult OnGet() => Load() ? Page() : BadRequest();

    public IActionResult OnPost(string? answer)
    {
        if (!Load() || answer is not ("grant" or "deny"))
        {
            return BadRequest();
        }

        var ticket = tickets.Consent(answer == "grant", User.AccountId(), Question.ClientId, Question.Scopes);
        Response.Headers.Location = QueryHelpers.AddQueryString(
            Question.ReturnUrl,
            AnswerTickets.ConsentParameter,
            ticket
        );
        return new StatusCodeResult(StatusCodes.Status303SeeOther);
    }

    private bool Load()
    {
        if (tickets.Asked(Ask) is not { } question || clients.FindByClientId(question.ClientId) is not { } client)
        {
            return false;
        }

        Question = question;
        ClientName = client.DisplayName ?? question.ClientId;
        return true;
    }
}
