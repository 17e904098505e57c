using IdP.Recovery.Audit;
using IdP.Recovery.Console;

namespace IdP.Recovery.PasswordReset;

/// <summary>
/// Sends a person the link to choose a new password. The actor neither chooses nor sees it (ASVS 6.4.6); the gate and
/// all else are those of a reset that the person had asked for.
/// </summary>
public sealed class SendResetFor(UnitOfWork work, IAccounts accounts, AuditLog audit)
{
    /// <summary>Sends; false when the actor may not, or there is no such account.</summary>
    /// <param name="why">Why, in the actor's words; at most 500 characters.</param>
    /// <param name="cancellationToken">Stops; nothing is sent then.</param>
    public async Task<bool> RunAsync(
        Actor actor,
        string accountId,
        string? why,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        if (
            await accounts.FindAsync(accountId, cancellationToken) is not { } account
            || !ConsolePermissions.May(actor.Roles, ConsoleAction.SendReset, account)
        )
        {
            return false;
        }

        await work.RunAsync(
            _ =>
            {
                var request = ResetRequest.Begin(work, account.Address, account.Audience, requester);
                audit.Add(
                    AuditEventTypes.ResetRequested,
                    account.Id,
                    requester,
                    request.Id.ToString(),
                    AuditReasons.Administrator,
                    actor.Id,
                    actor.Proof,
                    why
                );
                return Task.CompletedTask;
            },
            cancellationToken
        );
        return true;
    }
}
