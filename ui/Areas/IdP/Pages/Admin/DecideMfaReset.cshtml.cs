using IdP.Recovery.Console;
using IdP.Recovery.MfaReset;
using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Admin;

/// <summary>An MFA reset that waits for a second administrator: what it removes, and the decision.</summary>
[Needs(ConsoleAction.Approve)]
[FreshProof]
internal sealed class DecideMfaResetModel(ApproveMfaReset approve, IStringLocalizer<Text> text) : PageModel
{
    private const string List = "/admin/approvals";

    /// <summary>Which.</summary>
    [BindProperty(SupportsGet = true)]
    public Guid Id { get; set; }

    /// <summary>It; null when it does not wait any more.</summary>
    public MfaResetToApprove? Waiting { get; private set; }

    public Task OnGetAsync(CancellationToken cancellationToken) => LoadAsync(cancellationToken);

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken) =>
        await AnswerAsync(
            await approve.RunAsync(Id, Actor.Of(User), HttpContext.Requester(), cancellationToken),
            "ResetMfa.Done",
            cancellationToken
        );

    public async Task<IActionResult> OnPostDeclineAsync(CancellationToken cancellationToken) =>
        await AnswerAsync(
            await approve.DeclineAsync(Id, Actor.Of(User), HttpContext.Requester(), cancellationToken),
            "Approvals.DeclinedMfa",
            cancellationToken
        );

    private async Task<IActionResult> AnswerAsync(
        ApprovedMfaReset result,
        string done,
        CancellationToken cancellationToken
    )
    {
        switch (result)
        {
            case ApprovedMfaReset.Done(var account):
                TempData.Tell(text[done, account.DisplayName ?? account.Email]);
                return this.SeeOther(List, List);
            case ApprovedMfaReset.NotYours:
                ModelState.AddModelError("", text["Approvals.NotYoursMfa"]);
                break;
            case ApprovedMfaReset.Gone:
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }

        await LoadAsync(cancellationToken);
        return this.Again();
    }

    private async Task LoadAsync(CancellationToken cancellationToken) =>
        Waiting = (await approve.ListAsync(cancellationToken)).SingleOrDefault(w => w.Id == Id);
}
