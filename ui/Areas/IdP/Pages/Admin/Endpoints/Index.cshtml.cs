using IdP.Recovery.Console;
using IdP.Recovery.Endpoints;
using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdP.UI.Pages.Admin.Endpoints;

/// <summary>The services that follow what happens to credentials: how each is, what waits for it, what failed.</summary>
[Needs(ConsoleAction.ReadSystem)]
internal sealed class IndexModel(ReadReceipts receipts, EndpointConnectors connectors) : PageModel
{
    public IReadOnlyList<EndpointHealth> Endpoints { get; private set; } = [];

    /// <summary>What can be made.</summary>
    public IEnumerable<string> Kinds => connectors.Offered.Select(c => c.Kind);

    public bool MayChange => ConsolePermissions.May(Actor.Of(User).Roles, ConsoleAction.ManageSystem);

    public async Task OnGetAsync(CancellationToken cancellationToken) =>
        Endpoints = await receipts.HealthAsync(cancellationToken);
}
