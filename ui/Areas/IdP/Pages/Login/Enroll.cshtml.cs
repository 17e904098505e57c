using IdP.Recovery;
using IdP.Recovery.Enrollment;
using IdP.Recovery.Factors.Passkeys;
using IdP.Recovery.Factors.Totp;
using IdP.Recovery.SignIn;
using IdP.UI.Input;
using IdP.UI.Links;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Login;

/// <summary>Sets up a second factor in the middle of a sign-in, which then goes on.</summary>
internal sealed class EnrollModel(
    EnrollAtSignIn signIn,
    EnrollTotp enroll,
    CreatePasskey passkeys,
    EnrollmentStatuses statuses,
    LinkCookie cookie,
    IStringLocalizer<Text> text
) : PageModel
{
    /// <summary>Where to go on; kept only when it is on this host.</summary>
    [BindProperty(SupportsGet = true)]
    public string? ReturnUrl { get; set; }

    [BindProperty]
    public Guid EnrollmentId { get; set; }

    [BindProperty]
    public string? Code { get; set; }

    [BindProperty]
    public string? Name { get; set; }

    [BindProperty]
    public string? PasskeyState { get; set; }

    [BindProperty]
    public string? PasskeyCredential { get; set; }

    /// <summary>Makes a passkey instead; null where it must be an authenticator app.</summary>
    public PasskeyButton? Passkey { get; private set; }

    /// <summary>The key to enroll; null where this sign-in waits for none.</summary>
    public TotpEnrollment? Enrollment { get; private set; }

    public bool IsRotated { get; private set; }

    /// <summary>Until when a person may sign in without a factor; null where one is asked for now.</summary>
    public DateTimeOffset? Until { get; private set; }

    /// <summary>Where the person's clock is; null where that is not known.</summary>
    public string? Zone { get; private set; }

    public AuthenticatorSetup Setup => new(Enrollment!, ReturnUrl);

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken) =>
        await LoadAsync(cancellationToken) is null ? Gone() : Page();

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        EnrolledTotp? ended = null;
        return await EnrollAsync(
            async account =>
            {
                var requester = HttpContext.Requester();
                ended = await enroll.ConfirmAsync(account, EnrollmentId, Code, Name, requester, cancellationToken);
                return ended is EnrolledTotp.Done ? "otp" : null;
            },
            () => ended is EnrolledTotp.Gone ? ("", "Totp.Gone") : (nameof(Code), "Enroll.Refused"),
            "Enroll.Done",
            cancellationToken
        );
    }

    public async Task<IActionResult> OnPostLaterAsync(CancellationToken cancellationToken)
    {
        var ended = await signIn.LaterAsync(HttpContext, Token(), HttpContext.Requester(), cancellationToken);
        if (ended is not FactorSignIn.SignedIn(var account, _))
        {
            return Gone();
        }

        cookie.Clear(Response, LinkPurpose.SignIn);
        return this.SeeOther(ReturnUrl, Portal.Of(account.Audience).Home);
    }

    public async Task<IActionResult> OnPostPasskeyAsync(CancellationToken cancellationToken)
    {
        CreatedPasskey? ended = null;
        return await EnrollAsync(
            async account =>
            {
                ended = await passkeys.FinishAsync(
                    account,
                    Token(),
                    PasskeyState,
                    PasskeyCredential,
                    Name,
                    HttpContext.Requester(),
                    cancellationToken
                );
                return ended is CreatedPasskey.Done(var made) ? made.Possession : null;
            },
            () => ("", ended is CreatedPasskey.NotAllowed ? "Passkeys.NotAllowed" : "Passkeys.CreateRefused"),
            "Enroll.DonePasskey",
            cancellationToken
        );
    }

    private async Task<IActionResult> EnrollAsync(
        Func<RecoverableAccount, Task<string?>> factor,
        Func<(string Field, string Text)> refused,
        string done,
        CancellationToken cancellationToken
    )
    {
        if (await LoadAsync(cancellationToken) is not { } waiting)
        {
            return Gone();
        }

        var result = await signIn.RunAsync(HttpContext, Token(), factor, HttpContext.Requester(), cancellationToken);
        switch (result)
        {
            case FactorSignIn.SignedIn:
                cookie.Clear(Response, LinkPurpose.SignIn);
                TempData.Tell(text[done]);
                return this.SeeOther(ReturnUrl, Portal.Of(waiting.Portal).Home);
            case FactorSignIn.EnrollmentRequired:
                return this.SeeOther(SignInReturn.Page("/login/enroll", ReturnUrl), "/login/enroll");
            case FactorSignIn.Refused:
                var (field, why) = refused();
                ModelState.AddModelError(field, text[why]);
                return this.Again();
            default:
                return Gone();
        }
    }

    private async Task<PendingAccount?> LoadAsync(CancellationToken cancellationToken)
    {
        var waiting = await signIn.FindAsync(Token(), cancellationToken);
        if (waiting is not null)
        {
            Zone = waiting.Account.TimeZone;
            IsRotated = waiting.Account.Factors.TotpRequired;
            Until = statuses.Of(waiting.Account) is EnrollmentStatus.InEnrollment(var until) ? until : null;
            Enrollment = await enroll.BeginAsync(waiting.Account, cancellationToken);
            if (!IsRotated)
            {
                Passkey = new(
                    await passkeys.BeginAsync(waiting.Account, Token(), cancellationToken),
                    text["Enroll.PasskeyCreate"]
                )
                {
                    Creates = true,
                    Primary = true,
                    SaysWhenMissing = false,
                };
            }
        }

        return waiting;
    }

    private string? Token() => cookie.Read(Request, LinkPurpose.SignIn);

    private PageResult Gone()
    {
        Enrollment = null;
        Response.StatusCode = 410;
        return Page();
    }
}
