using IdentityProvider.Clients;
using IdentityProvider.Data;
using IdP.Recovery.Console;
using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;

namespace IdentityProvider.Pages.Admin.Applications;

/// <summary>One application: what it may do, its secret, and the consents of people to it.</summary>
[Needs(ConsoleAction.ReadSystem)]
internal sealed class DetailsModel(IdpDbContext context, RevokeConsents consents, TimeProvider time)
    : ClientPage(context)
{
    /// <summary>How many people have granted it anything.</summary>
    public int People { get; private set; }

    /// <summary>Whether two secrets are taken now.</summary>
    public bool Overlaps => Client.Secrets.Overlaps(time.GetUtcNow());

    public bool MayManage => ConsolePermissions.May(Actor.Of(User).Roles, ConsoleAction.ManageSystem);

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken)
    {
        if (!await LoadAsync(cancellationToken))
        {
            return NotFound();
        }

        People = await consents.CountAsync(ClientId, cancellationToken);
        return Page();
    }
}
