using IdP.Recovery.Audit;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Ports;
using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdP.UI.Pages.Account;

/// <summary>'This was not me', of something that a signed-in person finds in the list: says first what happens.</summary>
[FreshProof]
internal sealed class ActivityNotMeModel(SearchAudit search, ReportNotMe report) : PageModel
{
    [BindProperty(SupportsGet = true)]
    public Guid Id { get; set; }

    public AuditEvent Happened { get; private set; } = null!;

    /// <summary>To which address the new link goes, once it is done; null before.</summary>
    public string? DoneFor { get; private set; }

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken) =>
        await LoadAsync(cancellationToken) ? Page() : NotFound();

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        if (
            !await LoadAsync(cancellationToken)
            || await report.RunAsync(User.AccountId(), Id, HttpContext.Requester(), cancellationToken)
                is not { } address
        )
        {
            return NotFound();
        }

        DoneFor = address;
        return Page();
    }

    private async Task<bool> LoadAsync(CancellationToken cancellationToken)
    {
        Happened = (await search.FindAsync(User.AccountId(), Id, cancellationToken))!;
        return Happened is not null && ActivityWords.IsDeed(Happened);
    }
}
