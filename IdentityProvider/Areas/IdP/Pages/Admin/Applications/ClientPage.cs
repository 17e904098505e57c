using IdentityProvider.Clients;
using IdentityProvider.Data;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using OpenIddict.EntityFrameworkCore.Models;

namespace IdentityProvider.Pages.Admin.Applications;

/// <summary>A page about one client.</summary>
internal abstract class ClientPage(IdpDbContext context) : PageModel
{
    [BindProperty(SupportsGet = true)]
    public string ClientId { get; set; } = "";

    public ClientView Client { get; private set; } = null!;

    /// <summary>Where the client's page is.</summary>
    protected string Home => "/admin/applications/" + Uri.EscapeDataString(ClientId);

    /// <summary>Reads the client, as it is now; false when there is none.</summary>
    protected async Task<bool> LoadAsync(CancellationToken cancellationToken)
    {
        var row = await context
            .Set<OpenIddictEntityFrameworkCoreApplication>()
            .AsNoTracking()
            .SingleOrDefaultAsync(a => a.ClientId == ClientId, cancellationToken);
        if (row is not null)
        {
            Client = new(row);
        }

        return row is not null;
    }
}
