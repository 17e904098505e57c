using IdP.Recovery.Ports;
using IdP.UI.Input;
using IdP.UI.Ports;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Account;

/// <summary>Where the person is signed in, with 'sign out' for each.</summary>
public sealed class SessionsModel(IAccountSessions sessions, ISessionList list, IStringLocalizer<Text> text) : PageModel
{
    /// <summary>The living sessions.</summary>
    public IReadOnlyList<AccountSession> Sessions { get; private set; } = [];

    /// <summary>The one this page is shown in.</summary>
    public string Current => User.SessionOf();

    /// <summary>Lists them.</summary>
    public async Task OnGetAsync(CancellationToken cancellationToken) =>
        Sessions = await list.ListAsync(User.AccountId(), cancellationToken);

    /// <summary>Ends one.</summary>
    public async Task<IActionResult> OnPostEndAsync(string? id, CancellationToken cancellationToken)
    {
        await sessions.EndAsync(User.AccountId(), id ?? "", SessionEndReason.EndedByOwner, cancellationToken);
        TempData.Tell(text["Sessions.Ended"]);
        return this.SeeOther(id == Current ? "/signed-out" : "/account/sessions", "/account/sessions");
    }

    /// <summary>Ends all but this one.</summary>
    public async Task<IActionResult> OnPostEndOthersAsync(CancellationToken cancellationToken)
    {
        await sessions.EndAllAsync(User.AccountId(), Current, SessionEndReason.EndedByOwner, cancellationToken);
        TempData.Tell(text["Sessions.OthersEnded"]);
        return this.SeeOther("/account/sessions", "/account/sessions");
    }
}
