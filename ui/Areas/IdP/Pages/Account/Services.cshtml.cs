using IdP.Recovery;
using IdP.Recovery.Endpoints;
using IdP.Recovery.Ports;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdP.UI.Pages.Account;

/// <summary>The services that follow a person's password, and whether they have.</summary>
internal sealed class ServicesModel(ReadReceipts receipts, IAccounts accounts) : PageModel
{
    public IReadOnlyList<BoundService> Services { get; private set; } = [];

    /// <summary>Whether something is on its way.</summary>
    public bool Moves => Services.Any(s => s.Latest?.State == ReceiptState.Pending);

    public async Task OnGetAsync(CancellationToken cancellationToken)
    {
        if (await accounts.FindAsync(User.AccountId(), cancellationToken) is { } account)
        {
            Services = await receipts.ServicesOfAsync(account, cancellationToken);
        }
    }
}
