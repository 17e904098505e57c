using System.Globalization;
using IdP.Recovery;
using IdP.Recovery.SignIn;
using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Login;

/// <summary>What the sign-in pages of the two portals have in common.</summary>
public abstract class SignInPage(
    SignInWithPassword signIn,
    IStringLocalizer<Text> text,
    Audience portal
) : PageModel
{
    /// <summary>Where to go on; kept only when it is on this host.</summary>
    [BindProperty(SupportsGet = true)]
    public string? ReturnUrl { get; set; }

    /// <summary>What was typed; from <c>login_hint</c> at first.</summary>
    [BindProperty]
    public string? Email { get; set; }

    /// <summary>What was typed; never shown again.</summary>
    [BindProperty]
    public string? Password { get; set; }

    /// <summary>Shows the form.</summary>
    public void OnGet() => Email = LoginHint();

    /// <summary>Signs in.</summary>
    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        if (EmailAddress.Normalize(Email) is null)
        {
            ModelState.AddModelError(nameof(Email), text["Email.NotAnAddress"]);
        }

        if (string.IsNullOrEmpty(Password))
        {
            ModelState.AddModelError(nameof(Password), text["Password.Missing"]);
        }

        if (!ModelState.IsValid)
        {
            return this.Again();
        }

        var result = await signIn.RunAsync(
            HttpContext,
            Email,
            Password,
            portal,
            HttpContext.Origin(),
            cancellationToken
        );
        switch (result)
        {
            case PasswordSignIn.SignedIn:
                return this.SeeOther(
                    ReturnUrl,
                    portal == Audience.Administrator ? "/admin" : "/account"
                );
            case PasswordSignIn.Refused:
                ModelState.AddModelError(nameof(Password), text["SignIn.Refused"]);
                break;
            case PasswordSignIn.LockedOut { Until: { } until }:
                ModelState.AddModelError(
                    "",
                    text["SignIn.LockedUntil", until.ToString("t", CultureInfo.CurrentCulture)]
                );
                break;
            case PasswordSignIn.LockedOut:
                ModelState.AddModelError("", text["SignIn.LockedUntilReset"]);
                break;
            case PasswordSignIn.OtherPortal(Audience.Administrator):
                ModelState.AddModelError("", text["SignIn.UseAdministratorLogin"]);
                break;
            case PasswordSignIn.OtherPortal:
                ModelState.AddModelError("", text["SignIn.UseUserLogin"]);
                break;
            case PasswordSignIn.FactorRequired:
                ModelState.AddModelError("", text["SignIn.FactorRequired"]);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }

        return this.Again();
    }

    private string? LoginHint()
    {
        if (!Url.IsLocalUrl(ReturnUrl) || ReturnUrl.Split('?', 2) is not [_, var query])
        {
            return null;
        }

        var hint = QueryHelpers.ParseQuery(query).GetValueOrDefault("login_hint").ToString();
        return EmailAddress.Normalize(hint) is null ? null : hint;
    }
}
