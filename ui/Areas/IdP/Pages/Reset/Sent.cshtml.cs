using IdP.Recovery.PasswordReset;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Options;

namespace IdP.UI.Pages.Reset;

/// <summary>What was sent, where to look, how long it lives: the same for everyone.</summary>
public sealed class SentModel(AskForPasswordReset request, IOptions<AdministratorResetOptions> administrators)
    : PageModel
{
    /// <summary>Under which portal's link it was asked for; chooses words and lifetimes only.</summary>
    [BindProperty(SupportsGet = true, Name = "for")]
    public string? For { get; set; }

    /// <summary>The portal.</summary>
    public Portal Portal => Portal.Named(For);

    /// <summary>How long the link works.</summary>
    public TimeSpan LinkLifetime => request.Lifetime(Portal.Audience);

    /// <summary>How long another administrator's approval is waited for; null where none is asked for.</summary>
    public TimeSpan? ApprovalWithin =>
        Portal == Portal.Administrator && administrators.Value.Proof == AdministratorProof.Approval
            ? administrators.Value.ApprovalLifetime
            : null;
}
