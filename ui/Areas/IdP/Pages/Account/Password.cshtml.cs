using IdP.Recovery;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Passwords;
using IdP.Recovery.Ports;
using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Account;

/// <summary>Change of password, with the current one.</summary>
public sealed class PasswordModel(
    ChangePassword change,
    IAccounts accounts,
    PasswordPolicy policy,
    IStringLocalizer<Text> text
) : PageModel
{
    /// <summary>The current password.</summary>
    [BindProperty]
    public string? Current { get; set; }

    /// <summary>The new one.</summary>
    [BindProperty]
    public string? Password { get; set; }

    /// <summary>Whose it is.</summary>
    public RecoverableAccount Account { get; private set; } = null!;

    /// <summary>The fewest characters.</summary>
    public int MinimumLength => policy.MinimumLength(Account.Factors.Any);

    /// <summary>Shows the form.</summary>
    public Task OnGetAsync(CancellationToken cancellationToken) => LoadAsync(cancellationToken);

    /// <summary>Changes the password.</summary>
    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        var result = await change.RunAsync(
            Account.Id,
            User.SessionOf(),
            Current,
            Password ?? "",
            HttpContext.Requester(),
            cancellationToken
        );
        switch (result)
        {
            case ChangedPassword.Done:
                TempData.Tell(text["ChangePassword.Done"]);
                return this.SeeOther("/account/password", "/account/password");
            case ChangedPassword.CurrentRefused:
                ModelState.AddModelError(nameof(Current), text["Password.CurrentRefused"]);
                return this.Again();
            case ChangedPassword.PasswordRefused(var verdict):
                ModelState.AddModelError(nameof(Password), text.Describe(verdict));
                return this.Again();
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private async Task LoadAsync(CancellationToken cancellationToken) =>
        Account =
            await accounts.FindAsync(User.AccountId(), cancellationToken)
            ?? throw new InvalidOperationException("The session's account is gone.");
}
