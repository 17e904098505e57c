using IdP.Recovery.Ports;
using IdP.UI.Input;
using IdP.UI.Ports;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Account;

/// <summary>The applications with access, and the way to take it away.</summary>
public sealed class ApplicationsModel(
    IAccountGrants grants,
    IGrantList list,
    IRequestingClientSource clients,
    IStringLocalizer<Text> text
) : PageModel
{
    /// <summary>The applications.</summary>
    public IReadOnlyList<AccountGrant> Grants { get; private set; } = [];

    /// <summary>What an application may see, in words.</summary>
    public string Words(AccountGrant grant) => string.Join(", ", grant.Scopes.Select(s => text.Scope(s, clients)));

    /// <summary>Lists them.</summary>
    public async Task OnGetAsync(CancellationToken cancellationToken) =>
        Grants = await list.ListAsync(User.AccountId(), cancellationToken);

    /// <summary>Takes access away.</summary>
    public async Task<IActionResult> OnPostEndAsync(string? clientId, CancellationToken cancellationToken)
    {
        await grants.EndAsync(User.AccountId(), clientId ?? "", cancellationToken);
        TempData.Tell(text["Applications.Ended"]);
        return this.SeeOther("/account/applications", "/account/applications");
    }
}
