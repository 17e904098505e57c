using IdP.Recovery;
using IdP.Recovery.Console;
using IdP.UI.Console;
using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdP.UI.Pages.Admin.Users;

/// <summary>A page that acts on whoever was chosen in the list: says to whom, asks, does it, and goes back.</summary>
internal abstract class ChosenPage(IAccountDirectory directory, TimeProvider time) : PageModel
{
    private const int Named = 5;

    /// <summary>Where to go back to; kept only when it is on this host.</summary>
    [BindProperty(SupportsGet = true)]
    public string? ReturnUrl { get; set; }

    /// <summary>The reason, which is kept.</summary>
    [BindProperty]
    public string? Why { get; set; }

    public IReadOnlyList<string> Ids { get; private set; } = [];

    /// <summary>Who they are, as one value: whoever looks at them first and acts then acts on the same people.</summary>
    public string Fingerprint =>
        Convert.ToBase64String(Recovery.Secrets.Fingerprint(string.Join('\n', Ids.Order(StringComparer.Ordinal))));

    /// <summary>The first of them.</summary>
    public IReadOnlyList<RecoverableAccount> People { get; private set; } = [];

    /// <summary>How many were chosen who are not there any more.</summary>
    public int Missing { get; private set; }

    public int Others => Ids.Count - People.Count;

    /// <summary>How many there can be at most, where more match: then nobody is chosen. Null where it is fewer.</summary>
    public int? TooManyFor { get; private set; }

    /// <summary>This page with the same people.</summary>
    public string Here => Query.Acting(Request.Path, IsOnThisHost ? ReturnUrl : null);

    /// <summary>Where one goes on or back.</summary>
    public string Back =>
        IsOnThisHost ? ReturnUrl!
        : Ids is [var only] && !Query.All ? "/admin/users/" + only
        : Query.All ? Query.List
        : "/admin/users";

    private bool IsOnThisHost => Url.IsLocalUrl(ReturnUrl);

    private protected UserQuery Query => UserQuery.Of(Request, time);

    private protected Actor Me => Actor.Of(User);

    /// <summary>Finds whoever was chosen; false when that is nobody.</summary>
    /// <param name="most">How many at most.</param>
    private protected async Task<bool> LoadAsync(int most, CancellationToken cancellationToken)
    {
        var query = Query;
        Ids = query.All
            // One more than may be, since part of those who match must not pass for all of them.
            ? await directory.IdsAsync(query.Filter, most + 1, cancellationToken)
            : [.. query.Ids.Take(UserQuery.MaxChosen)];
        if (Ids.Count > most)
        {
            TooManyFor = most;
            Ids = [];
        }

        var found = await directory.FindAsync([.. Ids.Take(Named)], cancellationToken);
        if (!query.All)
        {
            // Somebody who is not there was never chosen.
            var all = await directory.FindAsync(Ids, cancellationToken);
            var there = Ids.Where(all.ContainsKey).ToList();
            Missing = Ids.Count - there.Count;
            Ids = there;
            found = all;
        }

        People = [.. Ids.Take(Named).Where(found.ContainsKey).Select(id => found[id])];
        return Ids.Count > 0;
    }

    /// <summary>
    /// Says what was done, forgets who was chosen, and goes on. A dialog is told where to, since it would otherwise get
    /// the next page itself and with it what that says once.
    /// </summary>
    /// <param name="told">What was done.</param>
    /// <param name="to">Where one goes on; null for <see cref="Back"/>.</param>
    /// <param name="undo">How it is undone, if it can be.</param>
    private protected IActionResult Leave(string told, string? to = null, Undo? undo = null)
    {
        TempData.Tell(told, undo);
        TempData.ForgetChoice();
        var next = to ?? Back;
        if (!Request.Headers.ContainsKey("Idp-Dialog"))
        {
            return this.SeeOther(next, "/admin/users");
        }

        Response.Headers["Idp-Go-To"] = next;
        return new NoContentResult();
    }
}
