using IdP.Recovery;
using IdP.Recovery.Factors;
using IdP.Recovery.Factors.Passkeys;
using IdP.Recovery.Ports;
using IdP.Recovery.SignIn;
using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Account;

/// <summary>A person who is signed in proves again who they are.</summary>
internal sealed class ProveModel(
    ProveAgain prove,
    IAccounts accounts,
    UsePasskey passkeys,
    FactorStandings standings,
    IStringLocalizer<Text> text
) : FactorPage(passkeys, standings)
{
    /// <summary>Where to go on; kept only when it is on this host.</summary>
    [BindProperty(SupportsGet = true)]
    public string? ReturnUrl { get; set; }

    /// <summary><c>passkey</c> where no other proof will do.</summary>
    [BindProperty(SupportsGet = true)]
    public string? Need { get; set; }

    /// <summary>Set where a form came too late and has to be sent once more.</summary>
    [BindProperty(SupportsGet = true)]
    public string? Lost { get; set; }

    /// <summary>What was typed; never shown again.</summary>
    [BindProperty]
    public string? Password { get; set; }

    /// <summary>Shown once, in place of the form.</summary>
    public string? ReplacementCode { get; private set; }

    /// <summary>Whether the page asks for a passkey alone, and says so.</summary>
    public bool OnlyPasskey { get; private set; }

    public string GoOn => Url.IsLocalUrl(ReturnUrl) ? ReturnUrl : "/account";

    protected override string? BoundTo => User.SessionOf();

    public Task OnGetAsync(CancellationToken cancellationToken) => LoadAsync(cancellationToken);

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        var account = await LoadAsync(cancellationToken);
        var requester = HttpContext.Requester();
        if (!account.Factors.Any)
        {
            if (await prove.RunAsync(HttpContext, Password, requester, cancellationToken))
            {
                return this.SeeOther(GoOn, "/account");
            }

            ModelState.AddModelError(nameof(Password), text["Prove.PasswordRefused"]);
            return this.Again();
        }

        switch (await prove.RunAsync(HttpContext, Proof, requester, cancellationToken))
        {
            case FactorVerdict.Accepted(_, null):
                return this.SeeOther(GoOn, "/account");
            case FactorVerdict.Accepted(_, var replacement):
                ReplacementCode = replacement;
                return Page();
            case FactorVerdict.Refused:
                ModelState.AddModelError(RefusedField, text[RefusedText]);
                return this.Again();
            case FactorVerdict.NotCounted(var why):
                ModelState.AddModelError(RefusedField, text[FlawText(why)]);
                return this.Again();
            case FactorVerdict.Closed(var until):
                ModelState.AddModelError(RefusedField, text.Closed(until));
                return this.Again();
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private async Task<RecoverableAccount> LoadAsync(CancellationToken cancellationToken)
    {
        var account =
            await accounts.FindAsync(User.AccountId(), cancellationToken)
            ?? throw new InvalidOperationException("The session's account is gone.");
        if (account.Factors.Any)
        {
            OnlyPasskey = Need == FactorWays.Passkey && account.Factors.Passkeys > 0;
            await OfferAsync(account, FactorUse.Session, cancellationToken, onlyPasskey: OnlyPasskey);
        }

        return account;
    }
}
