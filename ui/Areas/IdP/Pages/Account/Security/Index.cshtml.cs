using IdP.Recovery;
using IdP.Recovery.Factors;
using IdP.Recovery.Factors.Totp;
using IdP.Recovery.Ports;
using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Account.Security;

/// <summary>The ways in which a person proves who they are.</summary>
internal sealed class IndexModel(
    IAccounts accounts,
    ManageTotp totp,
    RememberedBrowsers browsers,
    IStringLocalizer<Text> text
) : PageModel
{
    public RecoverableAccount Account { get; private set; } = null!;

    public IReadOnlyList<TotpAuthenticator> Authenticators { get; private set; } = [];

    /// <summary>Those whose key cannot be read any more.</summary>
    public IReadOnlySet<Guid> Unreadable { get; private set; } = new HashSet<Guid>();

    public IReadOnlyList<RememberedBrowser> Browsers { get; private set; } = [];

    public async Task OnGetAsync(CancellationToken cancellationToken)
    {
        Account =
            await accounts.FindAsync(User.AccountId(), cancellationToken)
            ?? throw new InvalidOperationException("The session's account is gone.");
        Authenticators = await totp.ListAsync(Account.Id, cancellationToken);
        Unreadable = Authenticators.Where(t => !totp.IsReadable(t)).Select(t => t.Id).ToHashSet();
        Browsers = await browsers.ListAsync(Account, cancellationToken);
    }

    /// <summary>Forgets a browser: it is asked for a second factor again. That needs no proof.</summary>
    public async Task<IActionResult> OnPostForgetAsync(Guid id, CancellationToken cancellationToken)
    {
        if (await browsers.ForgetAsync(User.AccountId(), id, cancellationToken))
        {
            TempData.Tell(text["Security.Forgotten"]);
        }

        return this.SeeOther("/account/security", "/account/security");
    }
}
