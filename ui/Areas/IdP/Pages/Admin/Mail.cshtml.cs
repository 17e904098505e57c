using IdP.Recovery;
using IdP.Recovery.Console;
using IdP.Recovery.Ports;
using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Admin;

/// <summary>Mail and other work that is not done: given up on, or waiting; with 'try now' for each and for a kind.</summary>
[Needs(ConsoleAction.ReadSystem, Change = ConsoleAction.ManageSystem)]
public sealed class MailModel(UnfinishedWork work, IStringLocalizer<Text> text) : PageModel
{
    private const int PageSize = 50;

    /// <summary>Only this kind, page by page; null for the latest of all.</summary>
    [BindProperty(SupportsGet = true)]
    public string? Kind { get; set; }

    /// <summary>With <see cref="Kind"/>: what was given up on, or what waits.</summary>
    [BindProperty(SupportsGet = true)]
    public bool GivenUp { get; set; }

    /// <summary>With <see cref="Kind"/>: where the page begins.</summary>
    [BindProperty(SupportsGet = true)]
    public Guid? Before { get; set; }

    /// <summary>Given up on first: somebody must do something about it.</summary>
    public IReadOnlyList<WorkGroup> Groups { get; private set; } = [];

    /// <summary>Where the next page begins; null on the last, and where all kinds are shown.</summary>
    public Guid? Next { get; private set; }

    /// <summary>Whether somebody who reads this may also have it tried again.</summary>
    public bool MayChange => ConsolePermissions.May(Actor.Of(User).Roles, ConsoleAction.ManageSystem);

    /// <summary>Lists it.</summary>
    public async Task OnGetAsync(CancellationToken cancellationToken) =>
        Groups = Kind is null
            ?
            [
                await GroupAsync("GivenUp", givenUp: true, cancellationToken),
                await GroupAsync("Waiting", givenUp: false, cancellationToken),
            ]
            : [await GroupAsync(GivenUp ? "GivenUp" : "Waiting", GivenUp, cancellationToken)];

    /// <summary>The page of one kind.</summary>
    public static string AddressOf(string kind, bool givenUp, Guid? before = null) =>
        $"/admin/mail?kind={Uri.EscapeDataString(kind)}&givenUp={(givenUp ? "true" : "false")}"
        + (before is null ? "" : $"&before={before}");

    /// <summary>Tries one now. One that somebody else has begun already needs no second word.</summary>
    public async Task<IActionResult> OnPostRetryAsync(Guid id, CancellationToken cancellationToken)
    {
        await work.RetryAsync(id, User.AccountId(), HttpContext.Requester(), cancellationToken);
        return Back(text["MailAdmin.Retried"]);
    }

    /// <summary>Tries all of a kind now.</summary>
    public async Task<IActionResult> OnPostRetryAllAsync(
        string? kind,
        bool givenUp,
        CancellationToken cancellationToken
    )
    {
        var count = await work.RetryAllAsync(
            kind ?? "",
            givenUp,
            User.AccountId(),
            HttpContext.Requester(),
            cancellationToken
        );
        return Back(
            count switch
            {
                0 => text["MailAdmin.RetriedNone"],
                1 => text["MailAdmin.Retried"],
                _ => text["MailAdmin.RetriedAll", count],
            }
        );
    }

    /// <summary>A kind or an error in words; its own name where there are none.</summary>
    public string Words(string area, string name) =>
        text[$"MailAdmin.{area}.{name}"] is { ResourceNotFound: false } words ? words.Value : name;

    private IActionResult Back(string sentence)
    {
        TempData.Tell(sentence);
        return this.SeeOther("/admin/mail", "/admin/mail");
    }

    private async Task<WorkGroup> GroupAsync(string name, bool givenUp, CancellationToken cancellationToken)
    {
        var kinds = (await work.CountAsync(givenUp, cancellationToken))
            .Where(k => Kind is null || k.Kind == Kind)
            .ToList();
        if (kinds.Count == 0)
        {
            return new(name, givenUp, [], Array.Empty<UnfinishedEntry>().ToLookup(e => e.Kind), 0);
        }

        // One more than shown, to know whether there is another page.
        var take = Kind is null ? UnfinishedWork.Most : PageSize;
        var found = await work.ListAsync(givenUp, Kind, Before, Kind is null ? take : take + 1, cancellationToken);
        var entries = found.Take(take).ToList();
        Next = found.Count > take ? entries[^1].Id : null;
        return new(name, givenUp, kinds, entries.ToLookup(e => e.Kind), entries.Count);
    }
}

/// <summary>A half of the page.</summary>
/// <param name="Name">In the texts' names: <c>GivenUp</c> or <c>Waiting</c>.</param>
/// <param name="GivenUp">Which half.</param>
/// <param name="Kinds">How much of each kind; the largest first.</param>
/// <param name="Entries">By kind, what of it is listed.</param>
/// <param name="Shown">How many are listed.</param>
public sealed record WorkGroup(
    string Name,
    bool GivenUp,
    IReadOnlyList<UnfinishedKind> Kinds,
    ILookup<string, UnfinishedEntry> Entries,
    int Shown
)
{
    /// <summary>How many there are.</summary>
    public int Count => Kinds.Sum(k => k.Count);
}
