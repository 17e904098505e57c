using IdP.Recovery;
using IdP.Recovery.Addresses;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using IdP.Recovery.Endpoints;
using IdP.Recovery.Factors.Passkeys;
using IdP.Recovery.Factors.Totp;
using IdP.UI.Console;
using IdP.UI.Input;
using IdP.UI.Ports;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdP.UI.Pages.Admin.Users;

/// <summary>A person: what is enrolled, where they stand, and all that happened to them, in words.</summary>
[Needs(ConsoleAction.ReadUsers)]
internal sealed class DetailsModel(
    IAccounts accounts,
    ListAddresses addresses,
    ManageTotp apps,
    ListPasskeys passkeys,
    ISessionList sessions,
    IGrantList grants,
    ReadReceipts receipts,
    SearchAudit search,
    AuditWords words,
    MfaWords mfa
) : PageModel
{
    private const int Events = 100;
    private const int LatestReceipts = 20;

    [BindProperty(SupportsGet = true)]
    public string Id { get; set; } = "";

    /// <summary>Only what is older than this event.</summary>
    [BindProperty(SupportsGet = true)]
    public Guid? Before { get; set; }

    /// <summary>Only what is newer than this event.</summary>
    [BindProperty(SupportsGet = true)]
    public Guid? After { get; set; }

    public RecoverableAccount Account { get; private set; } = null!;

    public IReadOnlyList<FurtherAddress> Addresses { get; private set; } = [];

    public IReadOnlyList<TotpAuthenticator> Apps { get; private set; } = [];

    public IReadOnlyList<Passkey> Passkeys { get; private set; } = [];

    public IReadOnlyList<AccountSession> Sessions { get; private set; } = [];

    public IReadOnlyList<AccountGrant> Grants { get; private set; } = [];

    public IReadOnlyList<BoundService> Services { get; private set; } = [];

    /// <summary>What was lately sent to them.</summary>
    public IReadOnlyList<Receipt> Receipts { get; private set; } = [];

    public bool MayReadSystem => ConsolePermissions.May(Actor.Of(User).Roles, ConsoleAction.ReadSystem);

    public AuditPage Timeline { get; private set; } = new([], null);

    public AuditWords Words => words;

    public MfaWords Mfa => mfa;

    public string Name => Account.DisplayName ?? Account.Email;

    /// <summary>What may be done to this person.</summary>
    public IEnumerable<PersonAction> Actions =>
        PersonAction.All.Where(a => ConsolePermissions.May(Actor.Of(User).Roles, a.Permission, Account));

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken)
    {
        if (await accounts.FindAsync(Id, cancellationToken) is not { } account)
        {
            return NotFound();
        }

        Account = account;
        Addresses = await addresses.RunAsync(Id, cancellationToken);
        Apps = await apps.ListAsync(Id, cancellationToken);
        Passkeys = await passkeys.RunAsync(Id, cancellationToken);
        Sessions = await sessions.ListAsync(Id, cancellationToken);
        Grants = await grants.ListAsync(Id, cancellationToken);
        Services = await receipts.ServicesOfAsync(account, cancellationToken);
        Receipts = await receipts.OfAccountAsync(Id, LatestReceipts, cancellationToken);
        Timeline = await search.OfAccountAsync(Id, new AuditPlace(Before, After), Events, cancellationToken);
        await words.LearnAsync(Timeline.Events, cancellationToken);
        return Page();
    }
}
