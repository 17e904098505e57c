using IdP.Recovery;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Passwords;
using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Reset;

/// <summary>Choose a new password.</summary>
internal sealed class PasswordModel(
    OpenPasswordReset open,
    CompletePasswordReset complete,
    PasswordPolicy policy,
    LinkCookie cookie,
    IStringLocalizer<Text> text
) : PageModel
{
    [BindProperty]
    public string? Password { get; set; }

    /// <summary>What the link leads to; null on a page that says that it is gone.</summary>
    public OpenedPasswordReset.Usable? Link { get; private set; }

    public int MinimumLength => policy.MinimumLength(Link?.Account.HasSecondFactor ?? false);

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken)
    {
        Link = await open.RunAsync(Token(), cancellationToken) as OpenedPasswordReset.Usable;
        if (Link is null)
        {
            Response.StatusCode = 410;
        }

        return Page();
    }

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        var token = Token();
        Link = await open.RunAsync(token, cancellationToken) as OpenedPasswordReset.Usable;
        if (Link is null)
        {
            return Gone();
        }

        switch (
            await complete.RunAsync(token, Password ?? "", HttpContext.Origin(), cancellationToken)
        )
        {
            case CompletedPasswordReset.Done(var account):
                cookie.Clear(Response, LinkPurpose.PasswordReset);
                var portal = account.Audience == Audience.Administrator ? "administrator" : "user";
                return this.SeeOther($"/reset/done?for={portal}", "/reset/done");
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

    private string? Token() => cookie.Read(Request, LinkPurpose.PasswordReset);

    private Microsoft.AspNetCore.Mvc.RazorPages.PageResult Gone()
    {
        Link = null;
        cookie.Clear(Response, LinkPurpose.PasswordReset);
        Response.StatusCode = 410;
        return Page();
    }
}
