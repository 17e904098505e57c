using IdP.Recovery;
using IdP.Recovery.SignIn;
using IdP.UI.Input;
using IdP.UI.Links;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Login;

/// <summary>What the sign-in pages of the two portals have in common.</summary>
internal abstract class SignInPage(
    SignInWithPassword signIn,
    LinkCookie cookie,
    IStringLocalizer<Text> text,
    Portal portal
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
    public void OnGet()
    {
        var hint = SignInReturn.Parameter(this, ReturnUrl, "login_hint");
        Email = EmailAddress.Normalize(hint) is null ? null : hint;
    }

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
            portal.Audience,
            SignInReturn.WantsFactor(this, ReturnUrl),
            HttpContext.Requester(),
            cancellationToken
        );
        switch (result)
        {
            case PasswordSignIn.SignedIn:
                return this.SeeOther(ReturnUrl, portal.Home);
            case PasswordSignIn.Refused:
                ModelState.AddModelError(nameof(Password), text["SignIn.Refused"]);
                break;
            case PasswordSignIn.OtherPortal(Audience.Administrator):
                ModelState.AddModelError("", text["SignIn.UseAdministratorLogin"]);
                break;
            case PasswordSignIn.OtherPortal:
                ModelState.AddModelError("", text["SignIn.UseUserLogin"]);
                break;
            case PasswordSignIn.FactorRequired(var token):
                cookie.Set(Response, LinkPurpose.SignIn, token);
                return this.SeeOther(SignInReturn.Page("/login/factor", ReturnUrl), "/login/factor");
            case PasswordSignIn.EnrollmentExpired:
                ModelState.AddModelError("", text["SignIn.EnrollmentExpired"]);
                break;
            case PasswordSignIn.EnrollmentOffered(var offered):
                cookie.Set(Response, LinkPurpose.SignIn, offered);
                return this.SeeOther(SignInReturn.Page("/login/enroll", ReturnUrl), "/login/enroll");
            case PasswordSignIn.EnrollmentRequired(var token):
                cookie.Set(Response, LinkPurpose.SignIn, token);
                return this.SeeOther(SignInReturn.Page("/login/enroll", ReturnUrl), "/login/enroll");
            default:
                throw new System.Diagnostics.UnreachableException();
        }

        return this.Again();
    }
}
