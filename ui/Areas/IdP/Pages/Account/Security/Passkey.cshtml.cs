using IdP.Recovery.Factors.Passkeys;
using IdP.Recovery.Ports;
using IdP.Recovery.SignIn;
using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Account.Security;

/// <summary>One passkey: another name for it, and its end. The list asks the same in place.</summary>
[FreshProof]
public sealed class PasskeyModel(
    ListPasskeys list,
    RenamePasskey rename,
    RemovePasskey remove,
    EndOtherAccess others,
    IStringLocalizer<Text> text
) : PageModel
{
    private const string ListPath = "/account/security/passkeys";

    /// <summary>Which one.</summary>
    [BindProperty(SupportsGet = true)]
    public string? Id { get; set; }

    /// <summary>The new name.</summary>
    [BindProperty]
    public string? Name { get; set; }

    /// <summary>Whether every other session ends with it.</summary>
    [BindProperty]
    public bool EndOthers { get; set; }

    /// <summary>The passkey.</summary>
    public Passkey Passkey { get; private set; } = null!;

    /// <summary>Shows it.</summary>
    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken)
    {
        if (!await LoadAsync(cancellationToken))
        {
            return NotFound();
        }

        Name = Passkey.Name;
        return Page();
    }

    /// <summary>Renames it.</summary>
    public async Task<IActionResult> OnPostRenameAsync(CancellationToken cancellationToken)
    {
        if (!await LoadAsync(cancellationToken))
        {
            return NotFound();
        }

        if (!await rename.RunAsync(User.AccountId(), Id, Name, HttpContext.Requester(), cancellationToken))
        {
            ModelState.AddModelError(nameof(Name), text["Passkeys.NameRefused", Passkey.MaxNameLength]);
            return this.Again();
        }

        if (EndOthers)
        {
            await others.EndOthersAsync(HttpContext, cancellationToken);
        }

        TempData.Tell(text["Passkeys.Renamed"]);
        return this.SeeOther(ListPath, ListPath);
    }

    /// <summary>Removes it.</summary>
    public async Task<IActionResult> OnPostRemoveAsync(CancellationToken cancellationToken)
    {
        if (
            !await LoadAsync(cancellationToken)
            || !await remove.RunAsync(
                User.AccountId(),
                Passkey.Id,
                HttpContext.Requester(),
                User.AccountId(),
                cancellationToken
            )
        )
        {
            return NotFound();
        }

        if (EndOthers)
        {
            await others.EndOthersAsync(HttpContext, cancellationToken);
        }

        TempData.Tell(text["Passkeys.Removed"]);
        TempData.TellRemoved(Passkey.Id);
        return this.SeeOther(ListPath, ListPath);
    }

    private async Task<bool> LoadAsync(CancellationToken cancellationToken)
    {
        var found = (await list.RunAsync(User.AccountId(), cancellationToken)).FirstOrDefault(p => p.Id == Id);
        Passkey = found!;
        return found is not null;
    }
}
