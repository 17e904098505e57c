using IdP.Recovery;
using IdP.Recovery.Factors.Totp;
using IdP.Recovery.Ports;
using IdP.Recovery.SignIn;
using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Account.Security;

/// <summary>Renames or removes an authenticator app.</summary>
[FreshProof]
internal sealed class AuthenticatorDetailsModel(
    IAccounts accounts,
    ManageTotp totp,
    EndOtherAccess others,
    IStringLocalizer<Text> text
) : PageModel
{
    private const string Security = "/account/security";

    [BindProperty(SupportsGet = true)]
    public Guid Id { get; set; }

    [BindProperty]
    public string? Name { get; set; }

    /// <summary>Whether all other sessions end with it (ASVS 7.4.3).</summary>
    [BindProperty]
    public bool EndOthers { get; set; }

    public string Title { get; private set; } = "";

    /// <summary>Whether nothing but the password is left without it.</summary>
    public bool IsLastFactor { get; private set; }

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken)
    {
        if (!await LoadAsync(cancellationToken))
        {
            return NotFound();
        }

        Name = Title;
        return Page();
    }

    public async Task<IActionResult> OnPostRenameAsync(CancellationToken cancellationToken)
    {
        if (!await LoadAsync(cancellationToken))
        {
            return NotFound();
        }

        if (!await totp.RenameAsync(User.AccountId(), Id, Name, HttpContext.Requester(), cancellationToken))
        {
            ModelState.AddModelError(nameof(Name), text["Security.NameRefused"]);
            return this.Again();
        }

        if (EndOthers)
        {
            await others.EndOthersAsync(HttpContext, cancellationToken);
        }

        TempData.Tell(text["Security.Renamed"]);
        return this.SeeOther(Security, Security);
    }

    public async Task<IActionResult> OnPostRemoveAsync(CancellationToken cancellationToken)
    {
        if (!await totp.RemoveAsync(User.AccountId(), Id, HttpContext.Requester(), cancellationToken))
        {
            return NotFound();
        }

        if (EndOthers)
        {
            await others.EndOthersAsync(HttpContext, cancellationToken);
        }

        TempData.Tell(text["Security.Removed"]);
        return this.SeeOther(Security, Security);
    }

    private async Task<bool> LoadAsync(CancellationToken cancellationToken)
    {
        var account = await accounts.FindAsync(User.AccountId(), cancellationToken);
        var all = await totp.ListAsync(User.AccountId(), cancellationToken);
        if (all.SingleOrDefault(t => t.Id == Id) is not { } found)
        {
            return false;
        }

        Title = found.Name.All(char.IsAsciiDigit) ? text["Security.AppNumber", found.Name] : found.Name;
        IsLastFactor = account is { Factors: { Totp: 1, Passkeys: 0 } };
        return true;
    }
}
