using IdentityProvider.Clients;
using IdentityProvider.Data;
using IdP.Recovery.Console;
using IdP.UI;
using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Localization;

namespace IdentityProvider.Pages.Admin.Applications;

/// <summary>Takes away what all people have granted to an application; the dialog's page for browsers without script.</summary>
[Needs(ConsoleAction.ManageSystem)]
[FreshProof]
internal sealed class RevokeModel(IdpDbContext context, RevokeConsents consents, IStringLocalizer<Text> text)
    : ClientPage(context)
{
    public int People { get; private set; }

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken)
    {
        if (!await LoadAsync(cancellationToken))
        {
            return NotFound();
        }

        People = await consents.CountAsync(ClientId, cancellationToken);
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        if (!await LoadAsync(cancellationToken))
        {
            return NotFound();
        }

        var people = await consents.RunAsync(ClientId, Actor.Of(User), HttpContext.Requester(), cancellationToken);
        TempData.Tell(people == 1 ? text["Clients.RevokedOne"] : text["Clients.Revoked", people]);
        return this.SeeOther(Home, "/admin/applications");
    }
}
