using IdP.Recovery.Factors;
using IdP.Recovery.Factors.Passkeys;
using IdP.Recovery.Lockout;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Passwords;
using IdP.UI.Input;
using IdP.UI.Links;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Reset;

/// <summary>Choose a new password.</summary>
internal sealed class PasswordModel(
    OpenPasswordReset open,
    ProvePasswordReset prove,
    CompletePasswordReset complete,
    PasswordPolicy policy,
    UsePasskey passkeys,
    FactorStandings standings,
    KnownBrowsers browsers,
    LinkCookie cookie,
    IStringLocalizer<Text> text
) : FactorPage(passkeys, standings)
{
    [BindProperty]
    public string? Password { get; set; }

    /// <summary>What the link leads to; null on a page that says that it is gone.</summary>
    public OpenedPasswordReset.Usable? Link { get; private set; }

    /// <summary>The recovery code that stands in for the one just used, shown once.</summary>
    public string? ReplacementCode { get; private set; }

    public int MinimumLength => policy.MinimumLength(Link?.Account.Factors.Any ?? false);

    protected override string? BoundTo => Token();

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken)
    {
        await ShowAsync(await open.LookAsync(Token(), cancellationToken), cancellationToken);
        if (Link is null)
        {
            Response.StatusCode = 410;
        }

        return Page();
    }

    /// <summary>Opens the gate.</summary>
    public async Task<IActionResult> OnPostProveAsync(CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        if (Link is null)
        {
            return Gone();
        }

        switch (await prove.RunAsync(Link, Proof, HttpContext.Requester(), cancellationToken))
        {
            case ProvedPasswordReset.Proved(null):
                return this.SeeOther("/reset/password", "/reset/password");
            case ProvedPasswordReset.Proved(var replacement):
                ReplacementCode = replacement;
                return Page();
            case ProvedPasswordReset.Refused(var left):
                ModelState.AddModelError(RefusedField, text[RefusedText + "Left", left]);
                return this.Again();
            case ProvedPasswordReset.NotCounted(var why):
                ModelState.AddModelError(RefusedField, text[FlawText(why)]);
                return this.Again();
            case ProvedPasswordReset.FactorDisabled:
                ModelState.AddModelError(RefusedField, text["Factor.Disabled"]);
                return this.Again();
            case ProvedPasswordReset.Gone:
                return Gone();
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        if (Link is null)
        {
            return Gone();
        }

        switch (await complete.RunAsync(Link, Password ?? "", HttpContext.Requester(), cancellationToken))
        {
            case CompletedPasswordReset.Done(var account, var browser, var changeId):
                browsers.Keep(Response, browser);
                cookie.Set(Response, LinkPurpose.Receipts, changeId.ToString("n"));
                cookie.Clear(Response, LinkPurpose.PasswordReset);
                return this.SeeOther($"/reset/done?for={Portal.Of(account.Audience).Name}", "/reset/done");
            case CompletedPasswordReset.PasswordRefused(var verdict):
                ModelState.AddModelError(nameof(Password), text.Describe(verdict));
                return this.Again();
            case CompletedPasswordReset.FactorRequired:
                return this.Again();
            case CompletedPasswordReset.Gone:
                return Gone();
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private async Task LoadAsync(CancellationToken cancellationToken) =>
        await ShowAsync(await open.RunAsync(Token(), cancellationToken), cancellationToken);

    private async Task ShowAsync(OpenedPasswordReset opened, CancellationToken cancellationToken)
    {
        Link = opened as OpenedPasswordReset.Usable;
        if (Link is { FactorRequired: true, Account: var account })
        {
            await OfferAsync(account, FactorUse.Recovery, cancellationToken);
        }
    }

    private string? Token() => cookie.Read(Request, LinkPurpose.PasswordReset);

    private Microsoft.AspNetCore.Mvc.RazorPages.PageResult Gone()
    {
        Link = null;
        cookie.Clear(Response, LinkPurpose.PasswordReset);
        Response.StatusCode = 410;
        return Page();
    }
}
