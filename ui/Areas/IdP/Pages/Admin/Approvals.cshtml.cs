using IdP.Recovery.Console;
using IdP.Recovery.MfaReset;
using IdP.Recovery.PasswordReset;
using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Admin;

/// <summary>Resets of other administrators that wait for an approval.</summary>
[Needs(ConsoleAction.Approve)]
[FreshProof]
internal sealed class ApprovalsModel(
    ApprovePasswordReset approve,
    ApproveMfaReset approveMfa,
    IStringLocalizer<Text> text
) : PageModel
{
    public IReadOnlyList<WaitingReset> Waiting { get; private set; } = [];

    /// <summary>MFA resets of privileged people that wait for a second administrator.</summary>
    public IReadOnlyList<MfaResetToApprove> WaitingMfa { get; private set; } = [];

    public Task OnGetAsync(CancellationToken cancellationToken) => LoadAsync(cancellationToken);

    public async Task<IActionResult> OnPostAsync(Guid id, CancellationToken cancellationToken)
    {
        switch (await approve.RunAsync(id, Actor.Of(User), HttpContext.Requester(), cancellationToken))
        {
            case ApprovedPasswordReset.Done:
                TempData.Tell(text["Approvals.Done"]);
                return this.SeeOther("/admin/approvals", "/admin/approvals");
            case ApprovedPasswordReset.NotYours:
                ModelState.AddModelError("", text["Approvals.NotYours"]);
                break;
            case ApprovedPasswordReset.Gone:
                ModelState.AddModelError("", text["Approvals.Gone"]);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }

        await LoadAsync(cancellationToken);
        return this.Again();
    }

    /// <summary>Ends a reset of a password that waits.</summary>
    public async Task<IActionResult> OnPostDeclineAsync(Guid id, CancellationToken cancellationToken)
    {
        var result = await approve.DeclineAsync(id, Actor.Of(User), HttpContext.Requester(), cancellationToken);
        if (result is ApprovedPasswordReset.Done)
        {
            TempData.Tell(text["Approvals.Declined"]);
            return this.SeeOther("/admin/approvals", "/admin/approvals");
        }

        ModelState.AddModelError("", text["Approvals.Gone"]);
        await LoadAsync(cancellationToken);
        return this.Again();
    }

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        Waiting = await approve.ListAsync(cancellationToken);
        WaitingMfa = await approveMfa.ListAsync(cancellationToken);
    }
}
