using IdP.Recovery.Console;
using IdP.Recovery.Endpoints;
using IdP.UI.Console;
using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Admin.Endpoints;

/// <summary>Changes an endpoint. Its secrets are not shown, and stay where they are left empty.</summary>
[Needs(ConsoleAction.ManageSystem)]
[FreshProof]
internal sealed class EditModel(ManageEndpoints manage, EndpointConnectors connectors, IStringLocalizer<Text> text)
    : EndpointFormPage(manage, connectors, text)
{
    private EndpointForm? form;

    [BindProperty(SupportsGet = true)]
    public Guid Id { get; set; }

    public override IReadOnlyCollection<string> Secrets => form?.Secrets ?? [];

    public override string Back => $"/admin/endpoints/{Id}";

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken)
    {
        if (await LoadAsync(cancellationToken) is not { } endpoint)
        {
            return NotFound();
        }

        Name = endpoint.Name;
        Follows = [.. endpoint.Follows.Each()];
        Values = Connector.Fields.ToDictionary(f => f.Name, f => form!.Values.GetValueOrDefault(f.Name));
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken) =>
        await LoadAsync(cancellationToken) is null
            ? NotFound()
            : Ended(await Manage.ChangeAsync(Actor.Of(User), Id, Wish(), HttpContext.Requester(), cancellationToken));

    private async Task<ServiceEndpoint?> LoadAsync(CancellationToken cancellationToken)
    {
        if (await Manage.FindAsync(Id, cancellationToken) is not { Reference: null } endpoint || !Begin(endpoint.Kind))
        {
            return null;
        }

        form = Manage.FormOf(endpoint);
        return endpoint;
    }
}
