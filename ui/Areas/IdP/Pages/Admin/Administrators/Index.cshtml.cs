using IdP.Recovery;
using IdP.Recovery.Console;
using IdP.Recovery.Ports;
using IdP.UI.Console;
using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdP.UI.Pages.Admin.Administrators;

/// <summary>The people of the console, with their roles.</summary>
[Needs(ConsoleAction.ReadSystem)]
internal sealed class IndexModel(IAccountDirectory directory, MfaWords mfa) : PageModel
{
    private const int PageSize = 50;

    /// <summary>Where the page begins; null for the first.</summary>
    [BindProperty(SupportsGet = true)]
    public string? After { get; set; }

    public AccountPage Found { get; private set; } = new([], null);

    public MfaWords Mfa => mfa;

    public bool MayChange => ConsolePermissions.May(Actor.Of(User).Roles, ConsoleAction.ChangeRoles);

    public string Me => User.AccountId();

    public async Task OnGetAsync(CancellationToken cancellationToken) =>
        Found = await directory.ListAsync(
            new AccountFilter { Audience = Audience.Administrator },
            AccountOrder.Email,
            After,
            PageSize,
            cancellationToken
        );
}
