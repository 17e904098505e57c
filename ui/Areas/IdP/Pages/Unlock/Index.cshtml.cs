using IdP.Recovery;
using IdP.Recovery.Factors;
using IdP.Recovery.Factors.Passkeys;
using IdP.Recovery.Lockout;
using IdP.UI.Input;
using IdP.UI.Links;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Unlock;

/// <summary>Unlocks an account without a new password.</summary>
internal sealed class IndexModel(
    UnlockAccount unlock,
    UsePasskey passkeys,
    FactorStandings standings,
    LinkCookie cookie,
    IStringLocalizer<Text> text
) : FactorPage(passkeys, standings)
{
    /// <summary>Whose account; null when the link is gone.</summary>
    public RecoverableAccount? Account { get; private set; }

    /// <summary>When the lock ends by itself, for who has the mailbox; null where it does not.</summary>
    public DateTimeOffset? LockedUntil => Account is { ClosedUntilReset: false } account ? account.LockedUntil : null;

    public bool Done { get; private set; }

    /// <summary>The recovery code that stands in for the one just used, shown once.</summary>
    public string? ReplacementCode { get; private set; }

    /// <summary>Whether only a new password signs in all the same.</summary>
    public bool NeedsReset { get; private set; }

    public Portal Portal => Portal.Of(Account?.Audience ?? Audience.User);

    protected override string? BoundTo => cookie.Read(Request, LinkPurpose.Unlock);

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken) =>
        await LoadAsync(cancellationToken) is null ? Gone() : Page();

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        if (await LoadAsync(cancellationToken) is not { } account)
        {
            return Gone();
        }

        switch (
            await unlock.ByMailAsync(
                cookie.Read(Request, LinkPurpose.Unlock),
                account.Factors.Any ? Proof : null,
                HttpContext.Requester(),
                cancellationToken
            )
        )
        {
            case UnlockedByMail.Done(_, var replacement):
                ReplacementCode = replacement;
                cookie.Clear(Response, LinkPurpose.Unlock);
                Done = true;
                return Page();
            case UnlockedByMail.ResetRequired(_, var replacement):
                ReplacementCode = replacement;
                cookie.Clear(Response, LinkPurpose.Unlock);
                NeedsReset = true;
                return Page();
            case UnlockedByMail.NotCounted(var why):
                ModelState.AddModelError(RefusedField, text[FlawText(why)]);
                return this.Again();
            case UnlockedByMail.FactorDisabled:
                ModelState.AddModelError(RefusedField, text["Factor.Disabled"]);
                return this.Again();
            case UnlockedByMail.Refused or UnlockedByMail.FactorRequired:
                ModelState.AddModelError(RefusedField, text[RefusedText]);
                return this.Again();
            case UnlockedByMail.Gone:
                return Gone();
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private async Task<RecoverableAccount?> LoadAsync(CancellationToken cancellationToken)
    {
        var token = cookie.Read(Request, LinkPurpose.Unlock);
        Account = await unlock.LookAsync(token, cancellationToken);
        if (Account is { Factors.Any: true })
        {
            await OfferAsync(Account, FactorUse.Recovery, cancellationToken);
        }

        return Account;
    }

    private Microsoft.AspNetCore.Mvc.RazorPages.PageResult Gone()
    {
        Account = null;
        cookie.Clear(Response, LinkPurpose.Unlock);
        Response.StatusCode = 410;
        return Page();
    }
}
