using IdP.Recovery;
using IdP.Recovery.Addresses;
using IdP.Recovery.Ports;
using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Localization;
using Microsoft.Extensions.Options;

namespace IdP.UI.Pages.Account.Addresses;

/// <summary>One further address: its code, its becoming the primary one, and its end.</summary>
[FreshProof]
internal sealed class AddressModel(
    AddressSteps steps,
    AddressTexts words,
    IAccounts accounts,
    IOptions<AddressOptions> options,
    IStringLocalizer<Text> text
) : PageModel
{
    private const string ListPath = "/account/addresses";

    /// <summary>Which one.</summary>
    [BindProperty(SupportsGet = true)]
    public Guid Id { get; set; }

    /// <summary>What was typed.</summary>
    [BindProperty]
    public string? Code { get; set; }

    public RecoverableAccount Account { get; private set; } = null!;

    public FurtherAddress Address { get; private set; } = null!;

    public int Minutes => (int)Math.Ceiling(options.Value.CodeLifetime.TotalMinutes);

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken) =>
        await LoadAsync(cancellationToken) ? Page() : NotFound();

    /// <summary>Takes the code.</summary>
    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        if (!await LoadAsync(cancellationToken))
        {
            return NotFound();
        }

        var result = await steps.Confirm.RunAsync(Account.Id, Id, Code, HttpContext.Requester(), cancellationToken);
        switch (result)
        {
            case ConfirmedAddress.Done(var address):
                TempData.Tell(text["Addresses.ConfirmedTold", address]);
                return this.SeeOther(ListPath, ListPath);
            case ConfirmedAddress.Refused:
                ModelState.AddModelError(nameof(Code), text["Addresses.CodeRefused"]);
                return this.Again();
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>Asks for a new code.</summary>
    public async Task<IActionResult> OnPostAgainAsync(CancellationToken cancellationToken)
    {
        if (!await LoadAsync(cancellationToken))
        {
            return NotFound();
        }

        var asked = await steps.Add.AgainAsync(Account, Id, HttpContext.Requester(), cancellationToken);
        if (asked is AddedAddress.CodeSent)
        {
            TempData.Tell(text["Addresses.CodeSentTold", Address.Address]);
            return this.SeeOther($"{ListPath}/{Id}", ListPath);
        }

        ModelState.AddModelError("", words.WhyNot(asked));
        return this.Again();
    }

    /// <summary>Makes it the one with which its owner signs in.</summary>
    public async Task<IActionResult> OnPostPrimaryAsync(CancellationToken cancellationToken)
    {
        if (!await LoadAsync(cancellationToken))
        {
            return NotFound();
        }

        var result = await steps.MakePrimary.RunAsync(
            Account,
            User.SessionOf(),
            Id,
            HttpContext.Requester(),
            cancellationToken
        );
        switch (result)
        {
            case MadeAddressPrimary.Done(var address):
                TempData.Tell(text["Addresses.PrimaryTold", address]);
                return this.SeeOther(ListPath, ListPath);
            case MadeAddressPrimary.Gone:
                ModelState.AddModelError("", text["Addresses.Gone"]);
                break;
            case MadeAddressPrimary.Taken:
                ModelState.AddModelError("", text["Addresses.Taken"]);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }

        return this.Again();
    }

    /// <summary>Removes it.</summary>
    public async Task<IActionResult> OnPostRemoveAsync(CancellationToken cancellationToken)
    {
        if (
            !await LoadAsync(cancellationToken)
            || !await steps.Remove.RunAsync(Account.Id, Id, HttpContext.Requester(), Account.Id, cancellationToken)
        )
        {
            return NotFound();
        }

        TempData.Tell(text["Addresses.RemovedTold", Address.Address]);
        return this.SeeOther(ListPath, ListPath);
    }

    private async Task<bool> LoadAsync(CancellationToken cancellationToken)
    {
        Account =
            await accounts.FindAsync(User.AccountId(), cancellationToken)
            ?? throw new InvalidOperationException("The session's account is gone.");
        var found = (await steps.List.RunAsync(Account.Id, cancellationToken)).FirstOrDefault(a => a.Id == Id);
        Address = found!;
        return found is not null;
    }
}
