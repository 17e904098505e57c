using IdentityProvider.Clients;
using IdentityProvider.Data;
using IdP.Recovery.Console;
using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using OpenIddict.EntityFrameworkCore.Models;

namespace IdentityProvider.Pages.Admin.Applications;

/// <summary>The applications that sign people in here, and what they may ask for.</summary>
[Needs(ConsoleAction.ReadSystem)]
internal sealed class IndexModel(IdpDbContext context, ClientRegistry registry) : PageModel
{
    public IReadOnlyList<ClientView> Clients { get; private set; } = [];

    /// <summary>The scopes beside those of OpenID Connect.</summary>
    public IReadOnlyList<RegisteredScope> Scopes { get; } =
    [.. registry.Scopes.OrderBy(s => s.Name, StringComparer.Ordinal)];

    public async Task OnGetAsync(CancellationToken cancellationToken)
    {
        var rows = await context
            .Set<OpenIddictEntityFrameworkCoreApplication>()
            .AsNoTracking()
            .ToListAsync(cancellationToken);
        Clients =
        [
            .. rows.Select(r => new ClientView(r))
                .OrderBy(c => c.Name, StringComparer.CurrentCultureIgnoreCase)
                .ThenBy(c => c.ClientId, StringComparer.Ordinal),
        ];
    }
}
