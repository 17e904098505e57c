using IdP.Recovery;
using IdP.Recovery.Factors.Passkeys;
using IdP.Recovery.SignIn;
using IdP.UI.Input;
using IdP.UI.Links;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Login;

/// <summary>Sign-in without a password, to either portal.</summary>
internal sealed class PasskeyModel(
    SignInWithPasskey signIn,
    UsePasskey passkeys,
    LinkCookie cookie,
    IStringLocalizer<Text> text
) : PageModel
{
    /// <summary>Where to go on; kept only when it is on this host.</summary>
    [BindProperty(SupportsGet = true)]
    public string? ReturnUrl { get; set; }

    /// <summary><c>administrator</c>, or the user portal.</summary>
    [BindProperty(SupportsGet = true)]
    public string? For { get; set; }

    /// <summary>From the page that offered it.</summary>
    [BindProperty]
    public string? PasskeyState { get; set; }

    /// <summary>The browser's answer.</summary>
    [BindProperty]
    public string? PasskeyCredential { get; set; }

    /// <summary>The button.</summary>
    public PasskeyButton Button { get; private set; } = null!;

    /// <summary>The page that asks for a password instead.</summary>
    public string PasswordPage => SignInReturn.Page(Of.SignIn, ReturnUrl);

    private string BoundTo => cookie.ReadOrSet(HttpContext, LinkPurpose.Passkey);

    private Portal Of => Portal.Named(For);

    /// <summary>Shows the button.</summary>
    public Task OnGetAsync(CancellationToken cancellationToken) => OfferAsync(cancellationToken);

    /// <summary>A fresh challenge, for a page that has been open for long.</summary>
    public async Task<IActionResult> OnGetFreshAsync(CancellationToken cancellationToken) =>
        new JsonResult(PasskeyButton.Fresh.Of(await passkeys.BeginAsync(null, BoundTo, cancellationToken)));

    /// <summary>Signs in.</summary>
    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        var result = await signIn.RunAsync(
            HttpContext,
            new(PasskeyState, PasskeyCredential, BoundTo),
            Of.Audience,
            HttpContext.Requester(),
            cancellationToken
        );
        switch (result)
        {
            case PasskeySignIn.SignedIn:
                return this.SeeOther(ReturnUrl, Of.Home);
            case PasskeySignIn.EnrollmentRequired(var token):
                cookie.Set(Response, LinkPurpose.SignIn, token);
                return this.SeeOther(SignInReturn.Page("/login/enroll", ReturnUrl), "/login/enroll");
            case PasskeySignIn.Refused:
                ModelState.AddModelError("", text["Passkey.Refused"]);
                break;
            case PasskeySignIn.LockedOut:
                ModelState.AddModelError("", text["SignIn.LockedUntilReset"]);
                break;
            case PasskeySignIn.OtherPortal(Audience.Administrator):
                ModelState.AddModelError("", text["SignIn.UseAdministratorLogin"]);
                break;
            case PasskeySignIn.OtherPortal:
                ModelState.AddModelError("", text["SignIn.UseUserLogin"]);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }

        await OfferAsync(cancellationToken);
        return this.Again();
    }

    private async Task OfferAsync(CancellationToken cancellationToken) =>
        Button = new(await passkeys.BeginAsync(null, BoundTo, cancellationToken), text["Passkey.SignIn"])
        {
            Primary = true,
            RefreshPath = "/login/passkey?handler=Fresh",
        };
}
