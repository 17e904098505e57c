using IdentityProvider.Clients;
using IdentityProvider.Data;
using IdP.Recovery.Console;
using IdP.UI;
using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Localization;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Pages.Admin.Applications;

/// <summary>Makes a new secret for an application, and shows it this once.</summary>
[Needs(ConsoleAction.ManageSystem)]
[FreshProof]
internal sealed class SecretModel(
    IdpDbContext context,
    RotateClientSecret rotate,
    IOptions<ClientOptions> options,
    IStringLocalizer<Text> text,
    TimeProvider time
) : ClientPage(context)
{
    /// <summary>The new secret and until when the one before is taken; null before it is made.</summary>
    public RotatedSecret.Done? Made { get; private set; }

    public TimeSpan Overlap => options.Value.SecretOverlap;

    /// <summary>Whether two secrets are taken now, of which the older would end.</summary>
    public bool Overlaps => Client.Secrets.Overlaps(time.GetUtcNow());

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken) =>
        await LoadAsync(cancellationToken) && Client.Proof == ClientProof.Secret ? Page() : NotFound();

    public async Task<IActionResult> OnPostAsync(string? version, CancellationToken cancellationToken)
    {
        var result = await rotate.RunAsync(
            ClientId,
            version,
            Actor.Of(User),
            HttpContext.Requester(),
            cancellationToken
        );
        if (!await LoadAsync(cancellationToken))
        {
            return NotFound();
        }

        switch (result)
        {
            case RotatedSecret.Done done:
                Response.Headers.CacheControl = "no-store";
                Made = done;
                return Page();
            case RotatedSecret.Changed:
                ModelState.AddModelError("", text["Clients.ChangedMeanwhile"]);
                return this.Again();
            case RotatedSecret.NoSecret:
                return NotFound();
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }
}
