using IdP.Recovery.Console;
using IdP.Recovery.Endpoints;
using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Admin.Endpoints;

/// <summary>Removes an endpoint.</summary>
[Needs(ConsoleAction.ManageSystem)]
internal sealed class RemoveModel(ManageEndpoints manage, IStringLocalizer<Text> text) : PageModel
{
    [BindProperty(SupportsGet = true)]
    public Guid Id { get; set; }

    public ServiceEndpoint Endpoint { get; private set; } = null!;

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken)
    {
        if (await manage.FindAsync(Id, cancellationToken) is not { Reference: null } endpoint)
        {
            return NotFound();
        }

        Endpoint = endpoint;
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        var ended = await manage.RemoveAsync(Actor.Of(User), Id, HttpContext.Requester(), cancellationToken);
        TempData.Tell(text[ended is ManagedEndpoint.Done ? "Endpoints.Removed" : "Endpoints.Unchanged"]);
        return this.SeeOther("/admin/endpoints", "/admin/endpoints");
    }
}
