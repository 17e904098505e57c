using IdP.Recovery.Console;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.MfaReset;

/// <summary>Who may reset whose MFA: the same for one and for many, for the preview and for the deed.</summary>
public sealed class MfaResetRules(IAccounts accounts, IOptions<MfaResetOptions> options)
{
    /// <summary>Why not; null when it may be done.</summary>
    /// <param name="account">Whose MFA.</param>
    public async Task<MfaResetRefusal?> RefuseAsync(
        Actor actor,
        RecoverableAccount account,
        CancellationToken cancellationToken
    )
    {
        if (actor.Id == account.Id)
        {
            return MfaResetRefusal.Oneself;
        }

        // Security: threat 13. The help desk is not talked into resetting a privileged person.
        if (!ConsolePermissions.May(actor.Roles, ConsoleAction.ResetMfa, account))
        {
            return MfaResetRefusal.NotAllowed;
        }

        // Not held against a second reset at the same moment, as a suspension is: who was reset can still sign in, and
        // sets up a factor then. Were CanSignIn ever to look at factors, this would need HoldAdministratorsAsync.
        return
            account.Roles.Contains(ConsoleRoles.Administrator)
            && !(await accounts.ListAdministratorsAsync(cancellationToken)).Any(a => a.Id != account.Id && CanSignIn(a))
            ? MfaResetRefusal.LastAdministrator
            : null;
    }

    /// <summary>Whether a second administrator must approve.</summary>
    /// <param name="account">Whose MFA.</param>
    public bool NeedsApproval(RecoverableAccount account) =>
        options.Value.Approval == MfaResetApproval.Privileged && account.Audience == Audience.Administrator;

    internal static bool CanSignIn(RecoverableAccount account) =>
        account is { EmailConfirmed: true, HasPassword: true, Suspended: false, ClosedUntilReset: false };
}
