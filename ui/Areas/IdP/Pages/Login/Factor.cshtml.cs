using IdP.Recovery.Factors;
using IdP.Recovery.Factors.Passkeys;
using IdP.Recovery.SignIn;
using IdP.UI.Console;
using IdP.UI.Input;
using IdP.UI.Links;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Login;

/// <summary>The second step of signing in.</summary>
internal sealed class FactorModel(
    SignInWithFactor signIn,
    PendingSignIns pending,
    RememberedBrowsers browsers,
    UsePasskey passkeys,
    FactorStandings standings,
    LinkCookie cookie,
    IStringLocalizer<Text> text
) : FactorPage(passkeys, standings)
{
    /// <summary>Where to go on; kept only when it is on this host.</summary>
    [BindProperty(SupportsGet = true)]
    public string? ReturnUrl { get; set; }

    /// <summary>Whether this browser is not to be asked again for a while.</summary>
    [BindProperty]
    public bool Remember { get; set; }

    /// <summary>Shown once, in place of the form.</summary>
    public string? ReplacementCode { get; private set; }

    /// <summary>Where to go on from there.</summary>
    public string GoOn { get; private set; } = "/";

    /// <summary>For how long, in words; null where no browser is remembered.</summary>
    public string? RememberFor { get; private set; }

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken) =>
        await FindAsync(cancellationToken) is null ? Gone() : Page();

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        if (await FindAsync(cancellationToken) is not { } waiting)
        {
            return Gone();
        }

        var result = await signIn.RunAsync(
            HttpContext,
            Token(),
            Proof,
            Remember,
            HttpContext.Requester(),
            cancellationToken
        );
        switch (result)
        {
            case FactorSignIn.SignedIn(_, var replacement):
                cookie.Clear(Response, LinkPurpose.SignIn);
                var home = Portal.Of(waiting.Portal).Home;
                return Continue(Url.IsLocalUrl(ReturnUrl) ? ReturnUrl : home, replacement);
            case FactorSignIn.EnrollmentRequired(var replacement):
                return Continue(SignInReturn.Page("/login/enroll", ReturnUrl), replacement);
            case FactorSignIn.Refused:
                ModelState.AddModelError(RefusedField, text[RefusedText]);
                return this.Again();
            case FactorSignIn.NotCounted(var why):
                ModelState.AddModelError(RefusedField, text[FlawText(why)]);
                return this.Again();
            case FactorSignIn.Closed(var until):
                ModelState.AddModelError(RefusedField, text.Closed(until));
                return this.Again();
            case FactorSignIn.Gone:
                return Gone();
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private IActionResult Continue(string to, string? replacement)
    {
        if (replacement is null)
        {
            return this.SeeOther(to, "/account");
        }

        (ReplacementCode, GoOn) = (replacement, to);
        return Page();
    }

    private async Task<PendingAccount?> FindAsync(CancellationToken cancellationToken)
    {
        var waiting = await pending.FindAsync(Token(), cancellationToken);
        if (waiting is not null)
        {
            // The one that the application asks for comes first; who cannot now, is asked again behind the sign-in.
            With ??= SignInReturn.WantsPasskey(this, ReturnUrl) ? FactorWays.Passkey : null;
            await OfferAsync(waiting.Account, FactorUse.SignIn, cancellationToken);
            var remembered = browsers.LifetimeFor(waiting.Account);
            RememberFor = remembered > TimeSpan.Zero ? DurationWords.Of(remembered, text) : null;
        }

        return waiting;
    }

    protected override string? BoundTo => Token();

    private string? Token() => cookie.Read(Request, LinkPurpose.SignIn);

    private Microsoft.AspNetCore.Mvc.RazorPages.PageResult Gone()
    {
        cookie.Clear(Response, LinkPurpose.SignIn);
        Response.StatusCode = 410;
        return Page();
    }
}
