using IdP.Recovery.Audit;
using IdP.Recovery.MfaReset;
using IdP.Recovery.PasswordReset;

namespace IdP.Recovery.Console;

/// <summary>Gives and takes the roles of the console. Nobody changes their own, and one administrator always stays.</summary>
public sealed class ChangeRoles(UnitOfWork work, IAccounts accounts, AuditLog audit)
{
    /// <summary>Sets the roles of an account, and ends its sessions: what it may do is decided anew at its next sign-in.</summary>
    /// <param name="actor">Who: an administrator. The caller has asked for a fresh proof.</param>
    /// <param name="roles">Those of <see cref="ConsoleRoles"/> that it has from now on.</param>
    /// <param name="why">The reason, as <see cref="MfaResetOrder.CleanWhy"/> leaves it.</param>
    /// <param name="cancellationToken">Stops; nothing is changed then.</param>
    public async Task<RolesChanged> RunAsync(
        Actor actor,
        string accountId,
        IReadOnlyCollection<string> roles,
        string? why,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        if (
            !roles.All(ConsoleRoles.All.Contains)
            || await accounts.FindAsync(accountId, cancellationToken) is not { } account
        )
        {
            return new RolesChanged.Gone();
        }

        if (actor.Id == account.Id || !ConsolePermissions.May(actor.Roles, ConsoleAction.ChangeRoles, account))
        {
            return new RolesChanged.NotAllowed();
        }

        return await work.RunAsync<RolesChanged>(
            async inner =>
            {
                // Order: before anything is read. Two administrators who take each other's role must not both find
                // the other there.
                await accounts.HoldAdministratorsAsync(inner);
                var administrators = await accounts.ListAdministratorsAsync(inner);
                if (
                    !roles.Contains(ConsoleRoles.Administrator)
                    && administrators.Any(a => a.Id == account.Id)
                    && !administrators.Any(a => a.Id != account.Id && MfaResetRules.CanSignIn(a))
                )
                {
                    return new RolesChanged.LastAdministrator();
                }

                if (!await accounts.SetConsoleRolesAsync(account, roles, inner))
                {
                    return new RolesChanged.Changed();
                }

                audit.Add(
                    AuditEventTypes.RolesChanged,
                    account.Id,
                    requester,
                    reason: roles.Count == 0 ? AuditReasons.None : null,
                    about: string.Join(' ', roles.Order()),
                    actorId: actor.Id,
                    proof: actor.Proof,
                    why: why
                );
                EndAccess.Enqueue(work, account.Id);
                return new RolesChanged.Done(account);
            },
            cancellationToken
        );
    }
}

/// <summary>How a change of roles ended.</summary>
public abstract record RolesChanged
{
    private RolesChanged() { }

    /// <summary>The account has the roles.</summary>
    /// <param name="Account">Whose, as it was.</param>
    public sealed record Done(RecoverableAccount Account) : RolesChanged;

    /// <summary>The actor may not: one's own roles are for somebody else to change.</summary>
    public sealed record NotAllowed : RolesChanged;

    /// <summary>It is the last administrator who could sign in.</summary>
    public sealed record LastAdministrator : RolesChanged;

    /// <summary>Somebody else has changed the account at the same moment; look again.</summary>
    public sealed record Changed : RolesChanged;

    /// <summary>There is no such account or role.</summary>
    public sealed record Gone : RolesChanged;
}
