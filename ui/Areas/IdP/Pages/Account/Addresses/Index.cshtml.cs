using IdP.Recovery;
using IdP.Recovery.Addresses;
using IdP.Recovery.Ports;
using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Localization;
using Microsoft.Extensions.Options;

namespace IdP.UI.Pages.Account.Addresses;

/// <summary>The addresses at which a person is told and can ask for a new password, with 'add'.</summary>
[FreshProof]
internal sealed class IndexModel(
    AddAddress add,
    ListAddresses list,
    AddressTexts words,
    IAccounts accounts,
    IOptions<AddressOptions> options,
    IStringLocalizer<Text> text
) : PageModel
{
    /// <summary>What was typed.</summary>
    [BindProperty]
    public string? Email { get; set; }

    public RecoverableAccount Account { get; private set; } = null!;

    public IReadOnlyList<FurtherAddress> Further { get; private set; } = [];

    public int Max => options.Value.Max;

    public bool IsFull => Further.Count >= Max;

    public Task OnGetAsync(CancellationToken cancellationToken) => LoadAsync(cancellationToken);

    /// <summary>Adds one and goes on to its code.</summary>
    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        var added = await add.RunAsync(Account, Email, HttpContext.Requester(), cancellationToken);
        if (added is AddedAddress.CodeSent(var id))
        {
            TempData.Tell(text["Addresses.CodeSentTold", Email!.Trim(' ')]);
            return this.SeeOther($"/account/addresses/{id}", "/account/addresses");
        }

        ModelState.AddModelError(nameof(Email), words.WhyNot(added));
        return this.Again();
    }

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        Account =
            await accounts.FindAsync(User.AccountId(), cancellationToken)
            ?? throw new InvalidOperationException("The session's account is gone.");
        Further = await list.RunAsync(Account.Id, cancellationToken);
    }
}
