using IdP.Recovery;
using IdP.Recovery.Console;
using IdP.Recovery.MfaReset;
using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdP.UI.Pages.Admin.Users;

/// <summary>The latest MFA resets of many people, each with the way back to its progress.</summary>
[Needs(ConsoleAction.ReadUsers)]
internal sealed class BatchesModel(ResetMfaOfMany many, IAccountNames names) : PageModel
{
    private IReadOnlyDictionary<string, string> known = new Dictionary<string, string>();

    public IReadOnlyList<MfaResetBatch> Batches { get; private set; } = [];

    /// <summary>What whoever began one is called.</summary>
    public string NameOf(string id) => known.GetValueOrDefault(id, id);

    public async Task OnGetAsync(CancellationToken cancellationToken)
    {
        Batches = await many.ListAsync(cancellationToken);
        known = await names.FindAsync(Batches.Select(b => b.ActorId).ToHashSet(), cancellationToken);
    }
}
