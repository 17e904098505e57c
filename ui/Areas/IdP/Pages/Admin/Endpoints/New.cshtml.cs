using IdP.Recovery.Console;
using IdP.Recovery.Endpoints;
using IdP.UI.Console;
using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Admin.Endpoints;

/// <summary>Makes an endpoint of a kind. It may be given passwords, so that whoever makes it proves who they are.</summary>
[Needs(ConsoleAction.ManageSystem)]
[FreshProof]
internal sealed class NewModel(ManageEndpoints manage, EndpointConnectors connectors, IStringLocalizer<Text> text)
    : EndpointFormPage(manage, connectors, text)
{
    [BindProperty(SupportsGet = true)]
    public string? Kind { get; set; }

    public override string Back => "/admin/endpoints";

    public IActionResult OnGet()
    {
        if (!Begin(Kind))
        {
            return NotFound();
        }

        Follows = [.. (Connector.Changes & CredentialChanges.Usual).Each()];
        Values = Connector.Fields.ToDictionary(f => f.Name, f => f.Default);
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken) =>
        Begin(Kind)
            ? Ended(
                await Manage.CreateAsync(
                    Actor.Of(User),
                    Connector.Kind,
                    Wish(),
                    HttpContext.Requester(),
                    cancellationToken
                )
            )
            : NotFound();
}
