using IdP.Recovery.Audit;
using IdP.Recovery.Ports;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdP.UI.Pages.Account;

/// <summary>What happened to a person's own account lately, in words.</summary>
internal sealed class ActivityModel(SearchAudit search) : PageModel
{
    private const int Shown = 30;

    /// <summary>Only what is older than this event; null for the newest.</summary>
    [BindProperty(SupportsGet = true)]
    public Guid? Before { get; set; }

    public new AuditPage Page { get; private set; } = new([], null);

    public async Task OnGetAsync(CancellationToken cancellationToken) =>
        Page = await search.OfAccountAsync(
            User.AccountId(),
            new AuditPlace(Before, null),
            Shown,
            cancellationToken,
            ActivityWords.Types
        );
}
