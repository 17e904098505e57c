using IdP.Recovery;
using IdP.Recovery.Console;
using IdP.Recovery.MfaReset;
using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Admin.Administrators;

/// <summary>
/// Gives a person roles of the console, or takes them: first whose, then all that they have with what is to change, and
/// before a role is taken once more by its name.
/// </summary>
[Needs(ConsoleAction.ChangeRoles)]
[FreshProof]
internal sealed class RolesModel(ChangeRoles change, IAccounts accounts, IStringLocalizer<Text> text) : PageModel
{
    /// <summary>Whose.</summary>
    [BindProperty(SupportsGet = true)]
    public string? Email { get; set; }

    [BindProperty]
    public bool Administrator { get; set; }

    [BindProperty]
    public bool HelpDesk { get; set; }

    [BindProperty]
    public bool Auditor { get; set; }

    /// <summary>The reason.</summary>
    [BindProperty]
    public string? Why { get; set; }

    /// <summary>The roles that the person had when the form was shown.</summary>
    [BindProperty]
    public string? Had { get; set; }

    /// <summary>The roles that were named as taken, and agreed to.</summary>
    [BindProperty]
    public string? Agreed { get; set; }

    /// <summary>Whose roles they are; null until an address has found somebody.</summary>
    public RecoverableAccount? Person { get; private set; }

    public string Name => Person?.DisplayName ?? Person?.Email ?? "";

    /// <summary>The roles that saving takes, to be named first; empty when none are, or all are agreed to.</summary>
    public IReadOnlyList<string> Takes { get; private set; } = [];

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(Email))
        {
            return Page();
        }

        if (!await FindAsync(cancellationToken))
        {
            return this.Again();
        }

        Show();
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        if (!await FindAsync(cancellationToken))
        {
            return this.Again();
        }

        // What was ticked goes by what was shown: whoever never saw a role must not take it.
        var has = RolesOf(Person!);
        if ((Had ?? "") != Joined(has))
        {
            ModelState.Clear();
            ModelState.AddModelError("", text["ResetMfa.Changed"]);
            Show();
            return this.Again();
        }

        var why = MfaResetOrder.CleanWhy(Why);
        if (why is null)
        {
            ModelState.AddModelError(nameof(Why), text["ResetMfa.BadWhy"]);
            return this.Again();
        }

        var wanted = Wanted().ToList();
        Takes = [.. has.Except(wanted)];
        if (Takes.Count > 0 && Agreed != Joined(Takes))
        {
            return Page();
        }

        var result = await change.RunAsync(
            Actor.Of(User),
            Person!.Id,
            wanted,
            why,
            HttpContext.Requester(),
            cancellationToken
        );
        Takes = [];
        switch (result)
        {
            case RolesChanged.Done(var changed):
                TempData.Tell(text["Administrators.Changed", changed.DisplayName ?? changed.Email]);
                return this.SeeOther("/admin/administrators", "/admin/administrators");
            case RolesChanged.NotAllowed:
                ModelState.AddModelError("", text["Administrators.NotYours"]);
                break;
            case RolesChanged.LastAdministrator:
                ModelState.AddModelError("", text["Administrators.Last"]);
                break;
            case RolesChanged.Changed:
                ModelState.AddModelError("", text["ResetMfa.Changed"]);
                break;
            case RolesChanged.Gone:
                ModelState.AddModelError("", text["Administrators.Nobody"]);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }

        return this.Again();
    }

    private static string Joined(IEnumerable<string> roles) => string.Join(' ', roles);

    private async Task<bool> FindAsync(CancellationToken cancellationToken)
    {
        Person = EmailAddress.Normalize(Email) is { } address
            ? await accounts.FindByAddressAsync(address, cancellationToken)
            : null;
        if (Person is null)
        {
            ModelState.AddModelError(nameof(Email), text["Administrators.Nobody"]);
        }

        return Person is not null;
    }

    private void Show()
    {
        var has = RolesOf(Person!);
        Had = Joined(has);
        Administrator = has.Contains(ConsoleRoles.Administrator);
        HelpDesk = has.Contains(ConsoleRoles.HelpDesk);
        Auditor = has.Contains(ConsoleRoles.Auditor);
    }

    private static List<string> RolesOf(RecoverableAccount account) =>
        [.. ConsoleRoles.All.Where(account.Roles.Contains)];

    private IEnumerable<string> Wanted()
    {
        if (Administrator)
        {
            yield return ConsoleRoles.Administrator;
        }

        if (HelpDesk)
        {
            yield return ConsoleRoles.HelpDesk;
        }

        if (Auditor)
        {
            yield return ConsoleRoles.Auditor;
        }
    }
}
