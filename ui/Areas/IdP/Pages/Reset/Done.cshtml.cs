using IdP.Recovery.Endpoints;
using IdP.UI.Links;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdP.UI.Pages.Reset;

/// <summary>The password is the new one; nobody is signed in by it. The services that follow are shown as they do.</summary>
internal sealed class DoneModel(ReadReceipts receipts, LinkCookie cookie) : PageModel
{
    /// <summary>Which portal to go on to.</summary>
    [BindProperty(SupportsGet = true, Name = "for")]
    public string? For { get; set; }

    public Portal Portal => Portal.Named(For);

    public IReadOnlyList<Receipt> Receipts { get; private set; } = [];

    public async Task OnGetAsync(CancellationToken cancellationToken)
    {
        if (Guid.TryParse(cookie.Read(Request, LinkPurpose.Receipts), out var changeId))
        {
            Receipts = await receipts.OfCauseAsync(changeId, cancellationToken);
        }
    }
}
