using IdP.Recovery;
using IdP.Recovery.Factors.Totp;
using IdP.UI.Input;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Localization;
using Microsoft.Extensions.Options;

namespace IdP.UI.Pages.Enroll;

/// <summary>Sets an authenticator app up where the host signs people in, for whoever is signed in there.</summary>
internal sealed class IndexModel(
    IAccounts accounts,
    EnrollHostTotp enroll,
    IAuthenticationSchemeProvider schemes,
    IOptions<IdentityOptions> identity,
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
    public string? Password { get; set; }

    public RecoverableAccount Account { get; private set; } = null!;

    /// <summary>The key to enroll; null where there is a factor already, or no password.</summary>
    public TotpEnrollment? Enrollment { get; private set; }

    /// <summary>The saved codes, once it is done; shown this once.</summary>
    public IReadOnlyList<string> Codes { get; private set; } = [];

    public AuthenticatorSetup Setup => new(Enrollment!, ReturnUrl) { PasswordOf = Account.Email };

    public string GoOn => Url.IsLocalUrl(ReturnUrl) ? ReturnUrl! : Url.Content("~/");

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken) =>
        await FindAsync(cancellationToken) ? Page() : await SignInFirstAsync();

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        if (!await FindAsync(cancellationToken))
        {
            return await SignInFirstAsync();
        }

        switch (
            await enroll.ConfirmAsync(Account, EnrollmentId, Code, Password, HttpContext.Requester(), cancellationToken)
        )
        {
            case EnrolledHostTotp.Done(var codes):
                Response.Headers.CacheControl = "no-store";
                Codes = codes;
                return Page();
            case EnrolledHostTotp.CodeRefused:
                ModelState.AddModelError(nameof(Code), text["Enroll.Refused"]);
                return this.Again();
            case EnrolledHostTotp.PasswordRefused:
                ModelState.AddModelError(nameof(Password), text["Prove.PasswordRefused"]);
                return this.Again();
            case EnrolledHostTotp.Gone:
                // The key may be another one by now, or none is wanted any more.
                if (!await FindAsync(cancellationToken))
                {
                    return await SignInFirstAsync();
                }

                if (Enrollment is not null)
                {
                    ModelState.AddModelError("", text["Totp.Gone"]);
                }

                return this.Again();
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    // By the cookie, whatever the host has set for its own pages.
    private async Task<bool> FindAsync(CancellationToken cancellationToken)
    {
        var session = await HasSessionsAsync()
            ? await HttpContext.AuthenticateAsync(IdentityConstants.ApplicationScheme)
            : null;
        var accountId = session?.Principal?.FindFirst(identity.Value.ClaimsIdentity.UserIdClaimType)?.Value;
        if (accountId is null || await accounts.FindAsync(accountId, cancellationToken) is not { } account)
        {
            return false;
        }

        Account = account;
        Enrollment = await enroll.BeginAsync(account, cancellationToken);
        return true;
    }

    private async Task<IActionResult> SignInFirstAsync() =>
        await HasSessionsAsync() ? Challenge(IdentityConstants.ApplicationScheme) : NotFound();

    // A host may keep sessions of its own, and has a page of its own then (RecoveryPages:EnrollPath).
    private async Task<bool> HasSessionsAsync() =>
        await schemes.GetSchemeAsync(IdentityConstants.ApplicationScheme) is not null;
}
