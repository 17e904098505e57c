using IdP.Recovery;
using IdP.Recovery.Factors.Passkeys;
using IdP.Recovery.Ports;
using IdP.Recovery.SignIn;
using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Localization;
using Microsoft.Extensions.Options;

namespace IdP.UI.Pages.Account.Security;

/// <summary>The person's passkeys, with 'add' and what may be done with each.</summary>
[FreshProof]
public sealed class PasskeysModel(
    CreatePasskey create,
    ListPasskeys list,
    PasskeySignals signals,
    IAccounts accounts,
    EndOtherAccess others,
    IOptions<PasskeyOptions> options,
    IStringLocalizer<Text> text
) : PageModel
{
    /// <summary>What the new one will be called.</summary>
    [BindProperty]
    public string? Name { get; set; }

    /// <summary>Whether every other session ends with it.</summary>
    [BindProperty]
    public bool EndOthers { get; set; }

    /// <summary>From the page that offered it.</summary>
    [BindProperty]
    public string? PasskeyState { get; set; }

    /// <summary>The browser's answer.</summary>
    [BindProperty]
    public string? PasskeyCredential { get; set; }

    /// <summary>The passkeys, oldest first.</summary>
    public IReadOnlyList<Passkey> Passkeys { get; private set; } = [];

    /// <summary>Makes one; null when there are as many as there may be.</summary>
    public PasskeyButton? Button { get; private set; }

    /// <summary>What the browser may tell its authenticators; null where nothing was removed just now.</summary>
    public string? Signals { get; private set; }

    /// <summary>Lists them.</summary>
    public async Task OnGetAsync(CancellationToken cancellationToken)
    {
        Name = HttpContext.Requester().Browser;
        await LoadAsync(cancellationToken);
        if (TempData.TakeRemoved() is { } removed)
        {
            Signals = await signals.AfterRemovalAsync(User.AccountId(), removed, cancellationToken);
        }
    }

    /// <summary>A fresh challenge, for a page that has been open for long.</summary>
    public async Task<IActionResult> OnGetFreshAsync(CancellationToken cancellationToken) =>
        new JsonResult(
            PasskeyButton.Fresh.Of(
                await create.BeginAsync(await FindAsync(cancellationToken), User.SessionOf(), cancellationToken)
            )
        );

    /// <summary>Keeps what the browser made.</summary>
    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        if (Name?.Trim().Length > Passkey.MaxNameLength)
        {
            ModelState.AddModelError(nameof(Name), text["Passkeys.NameRefused", Passkey.MaxNameLength]);
            return await AgainAsync(cancellationToken);
        }

        var result = await create.FinishAsync(
            await FindAsync(cancellationToken),
            User.SessionOf(),
            PasskeyState,
            PasskeyCredential,
            Name,
            HttpContext.Requester(),
            cancellationToken
        );
        switch (result)
        {
            case CreatedPasskey.Done(var passkey):
                if (EndOthers)
                {
                    await others.EndOthersAsync(HttpContext, cancellationToken);
                }

                TempData.Tell(text["Passkeys.Created", passkey.Name]);
                return this.SeeOther("/account/security/passkeys", "/account/security/passkeys");
            case CreatedPasskey.Refused:
                ModelState.AddModelError("", text["Passkeys.CreateRefused"]);
                break;
            case CreatedPasskey.NotAllowed:
                ModelState.AddModelError("", text["Passkeys.NotAllowed"]);
                break;
            case CreatedPasskey.TooMany:
                ModelState.AddModelError("", text["Passkeys.TooMany", options.Value.MaxPasskeys]);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }

        return await AgainAsync(cancellationToken);
    }

    private async Task<IActionResult> AgainAsync(CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        return this.Again();
    }

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        var account = await FindAsync(cancellationToken);
        Passkeys = await list.RunAsync(account.Id, cancellationToken);
        if (Passkeys.Count < options.Value.MaxPasskeys)
        {
            Button = new(await create.BeginAsync(account, User.SessionOf(), cancellationToken), text["Passkeys.Create"])
            {
                Creates = true,
                Primary = true,
                RefreshPath = "/account/security/passkeys?handler=Fresh",
            };
        }
    }

    private async Task<RecoverableAccount> FindAsync(CancellationToken cancellationToken) =>
        await accounts.FindAsync(User.AccountId(), cancellationToken)
        ?? throw new InvalidOperationException("The session's account is gone.");
}
