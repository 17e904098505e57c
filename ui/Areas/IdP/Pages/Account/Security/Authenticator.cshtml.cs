using IdP.Recovery;
using IdP.Recovery.Factors.Totp;
using IdP.Recovery.Ports;
using IdP.Recovery.SignIn;
using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Account.Security;

/// <summary>Adds an authenticator app.</summary>
[FreshProof]
internal sealed class AuthenticatorModel(
    IAccounts accounts,
    EnrollTotp enroll,
    EndOtherAccess others,
    IStringLocalizer<Text> text
) : PageModel
{
    [BindProperty]
    public Guid EnrollmentId { get; set; }

    [BindProperty]
    public string? Code { get; set; }

    [BindProperty]
    public string? Name { get; set; }

    /// <summary>Whether all other sessions end with it (ASVS 7.4.3).</summary>
    [BindProperty]
    public bool EndOthers { get; set; }

    /// <summary>The key; null when the account has as many apps as it may.</summary>
    public TotpEnrollment? Enrollment { get; private set; }

    public AuthenticatorSetup Setup => new(Enrollment!, null) { OffersToEndOthers = true };

    public Task OnGetAsync(CancellationToken cancellationToken) => LoadAsync(cancellationToken);

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        var account = await LoadAsync(cancellationToken);
        switch (
            await enroll.ConfirmAsync(account, EnrollmentId, Code, Name, HttpContext.Requester(), cancellationToken)
        )
        {
            case EnrolledTotp.Done:
                if (EndOthers)
                {
                    await others.EndOthersAsync(HttpContext, cancellationToken);
                }

                TempData.Tell(text["Totp.Added"]);
                return account.Factors.RecoveryCodes == 0
                    ? this.SeeOther("/account/security/recovery-codes", "/account/security")
                    : this.SeeOther("/account/security", "/account/security");
            case EnrolledTotp.CodeRefused:
                ModelState.AddModelError(nameof(Code), text["Enroll.Refused"]);
                return this.Again();
            case EnrolledTotp.Gone:
                ModelState.AddModelError("", text["Totp.Gone"]);
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
        Enrollment = await enroll.BeginAsync(account, cancellationToken);
        return account;
    }
}
