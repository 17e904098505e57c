using IdP.Recovery;
using IdP.Recovery.Factors.RecoveryCodes;
using IdP.Recovery.Ports;
using IdP.Recovery.SignIn;
using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdP.UI.Pages.Account.Security;

/// <summary>Makes recovery codes, and shows them this once.</summary>
[FreshProof]
internal sealed class RecoveryCodesModel(IAccounts accounts, CreateRecoveryCodes create, EndOtherAccess others)
    : PageModel
{
    public RecoverableAccount Account { get; private set; } = null!;

    public IReadOnlyList<string> Codes { get; private set; } = [];

    /// <summary>Whether all other sessions end with it (ASVS 7.4.3).</summary>
    [BindProperty]
    public bool EndOthers { get; set; }

    public Task OnGetAsync(CancellationToken cancellationToken) => LoadAsync(cancellationToken);

    public async Task OnPostAsync(CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        Response.Headers.CacheControl = "no-store";
        Codes = await create.RunAsync(Account, HttpContext.Requester(), cancellationToken);
        if (EndOthers)
        {
            await others.EndOthersAsync(HttpContext, cancellationToken);
        }
    }

    private async Task LoadAsync(CancellationToken cancellationToken) =>
        Account =
            await accounts.FindAsync(User.AccountId(), cancellationToken)
            ?? throw new InvalidOperationException("The session's account is gone.");
}
