using IdP.Recovery;
using IdP.Recovery.Console;
using IdP.Recovery.Endpoints;
using IdP.UI.Console;
using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Admin.Endpoints;

/// <summary>One endpoint: how it is, what was sent to it, who is bound to it; tested, paused, and sent to again.</summary>
[Needs(ConsoleAction.ReadSystem, Change = ConsoleAction.ManageSystem)]
internal sealed class DetailsModel(
    ManageEndpoints manage,
    BindEndpoint bind,
    ReadReceipts receipts,
    RetryDeliveries retry,
    EndpointConnectors connectors,
    IAccounts accounts,
    IAccountNames names,
    IStringLocalizer<Text> text
) : PageModel
{
    private const int PageSize = 50;

    [BindProperty(SupportsGet = true)]
    public Guid Id { get; set; }

    /// <summary>Only receipts of this state.</summary>
    [BindProperty(SupportsGet = true)]
    public ReceiptState? State { get; set; }

    /// <summary>Where the page begins.</summary>
    [BindProperty(SupportsGet = true)]
    public Guid? Before { get; set; }

    /// <summary>Whom to bind.</summary>
    [BindProperty]
    public string? Email { get; set; }

    /// <summary>What the service knows them by.</summary>
    [BindProperty]
    public string? Target { get; set; }

    /// <summary>Or a role.</summary>
    [BindProperty]
    public string? Role { get; set; }

    public EndpointHealth Health { get; private set; } = null!;

    public ServiceEndpoint Endpoint => Health.Endpoint;

    public IReadOnlyList<Receipt> Receipts { get; private set; } = [];

    public Guid? Next { get; private set; }

    public IReadOnlyList<EndpointBinding> Bindings { get; private set; } = [];

    public EndpointForm Form { get; private set; } = null!;

    public bool MayChange => ConsolePermissions.May(Actor.Of(User).Roles, ConsoleAction.ManageSystem);

    /// <summary>Whether an administrator has made it, and may change it; others the host makes by itself.</summary>
    public bool IsOwn => Endpoint.Reference is null;

    public bool CanTest => connectors.Find(Endpoint.Kind) is { Fields.Count: > 0 };

    private IReadOnlyDictionary<string, string> People { get; set; } = new Dictionary<string, string>();

    public string NameOf(string accountId) => People.GetValueOrDefault(accountId, accountId);

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken) =>
        await LoadAsync(cancellationToken) ? Page() : NotFound();

    public async Task<IActionResult> OnPostTestAsync(CancellationToken cancellationToken)
    {
        if (await manage.TestAsync(Actor.Of(User), Id, cancellationToken) is not { } outcome)
        {
            return NotFound();
        }

        TempData.Tell(text.Tested(outcome));
        return Back();
    }

    public async Task<IActionResult> OnPostRetryAsync(Guid? receipt, CancellationToken cancellationToken)
    {
        if (
            await retry.RunAsync(Actor.Of(User), Id, receipt, HttpContext.Requester(), cancellationToken)
            is not { } count
        )
        {
            return NotFound();
        }

        TempData.Tell(
            count switch
            {
                0 => text["Endpoints.RetriedNone"],
                1 => text["Endpoints.RetriedOne"],
                _ => text["Endpoints.Retried", count],
            }
        );
        return Back();
    }

    public async Task<IActionResult> OnPostPauseAsync(bool paused, CancellationToken cancellationToken) =>
        Ended(
            await manage.PauseAsync(Actor.Of(User), Id, paused, HttpContext.Requester(), cancellationToken),
            paused ? "Endpoints.Paused" : "Endpoints.Resumed"
        );

    public async Task<IActionResult> OnPostBindAsync(CancellationToken cancellationToken)
    {
        // Security: threat 6. It says to whose entry at the service passwords go.
        if (await FreshProofAttribute.AskAsync(HttpContext) is { } ask)
        {
            return ask;
        }

        var requester = HttpContext.Requester();
        if (Role?.Trim() is { Length: > 0 } role)
        {
            return await BoundAsync(
                await bind.RoleAsync(Actor.Of(User), Id, role, requester, cancellationToken),
                nameof(Role),
                cancellationToken
            );
        }

        if (
            EmailAddress.Normalize(Email?.Trim() ?? "") is not { } address
            || await accounts.FindByAddressAsync(address, cancellationToken) is not { } account
        )
        {
            return await WrongAsync(nameof(Email), "Endpoints.Wrong.Email", cancellationToken);
        }

        var target = Target?.Trim() is { Length: > 0 } named ? named : null;
        return await BoundAsync(
            await bind.AccountAsync(Actor.Of(User), Id, account.Id, target, requester, cancellationToken),
            target is null ? nameof(Email) : nameof(Target),
            cancellationToken
        );
    }

    public async Task<IActionResult> OnPostUnbindAsync(Guid binding, CancellationToken cancellationToken) =>
        Ended(
            await bind.EndAsync(Actor.Of(User), Id, binding, HttpContext.Requester(), cancellationToken),
            "Endpoints.Unbound"
        );

    private async Task<IActionResult> BoundAsync(
        ManagedEndpoint ended,
        string field,
        CancellationToken cancellationToken
    ) =>
        ended switch
        {
            ManagedEndpoint.Invalid => await WrongAsync(field, "Endpoint.Wrong", cancellationToken),
            ManagedEndpoint.Gone => await WrongAsync(field, "Endpoints.Wrong.BoundAlready", cancellationToken),
            _ => Ended(ended, "Endpoints.Bound"),
        };

    private async Task<IActionResult> WrongAsync(string field, string sentence, CancellationToken cancellationToken)
    {
        if (!await LoadAsync(cancellationToken))
        {
            return NotFound();
        }

        ModelState.AddModelError(field, text[sentence]);
        return this.Again();
    }

    private IActionResult Ended(ManagedEndpoint ended, string sentence)
    {
        switch (ended)
        {
            case ManagedEndpoint.NotAllowed:
                return StatusCode(403);
            case ManagedEndpoint.Done:
                TempData.Tell(text[sentence]);
                break;
            default:
                TempData.Tell(text["Endpoints.Unchanged"]);
                break;
        }

        return Back();
    }

    private IActionResult Back() => this.SeeOther($"/admin/endpoints/{Id}", "/admin/endpoints");

    private async Task<bool> LoadAsync(CancellationToken cancellationToken)
    {
        if ((await receipts.HealthAsync(cancellationToken)).SingleOrDefault(h => h.Endpoint.Id == Id) is not { } health)
        {
            return false;
        }

        Health = health;
        Form = manage.FormOf(health.Endpoint);
        Bindings = await bind.ListAsync(Id, cancellationToken);

        // One more than shown, to know whether there is another page.
        var found = await receipts.OfEndpointAsync(Id, State, Before, PageSize + 1, cancellationToken);
        Receipts = [.. found.Take(PageSize)];
        Next = found.Count > PageSize ? Receipts[^1].Id : null;
        People = await names.FindAsync(
            Receipts.Select(r => r.AccountId).Concat(Bindings.Select(b => b.AccountId).OfType<string>()).ToHashSet(),
            cancellationToken
        );
        return true;
    }
}
