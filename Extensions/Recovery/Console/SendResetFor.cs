using IdP.Recovery.Audit;
using IdP.Recovery.PasswordReset;

namespace IdP.Recovery.Console;

/// <summary>
/// Sends a person the link to choose a new password. The actor neither chooses nor sees it (ASVS 6.4.6); the gate and
/// all else are those of a reset that the person had asked for.
/// </summary>
public sealed class SendResetFor(UnitOfWork work, IAccounts accounts, AuditLog audit)
{
    /// <summary>Sends; false when the actor may not, or there is no such account.</summary>
    /// <param name="actor">Who.</param>
    /// <param name="accountId">To whom.</param>
    /// <param name="why">Why, in the actor's words; at most 500 characters.</param>
    /// <param name="origin">From where.</param>
    /// <param name="cancellationToken">Stops; nothing is sent then.</param>
    public async Task<bool> RunAsync(
        Actor actor,
        string accountId,
        string? why,
        RequestOrigin origin,
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
                var request = new PasswordResetRequest
                {
                    Id = Guid.CreateVersion7(work.Now),
                    Address = account.Address,
                    Audience = account.Audience,
                    Purpose = PasswordResetPurpose.Reset,
                    RequestedAt = work.Now,
                    Network = origin.Network,
                    Client = origin.Client,
                };
                work.Context.Add(request);
                work.Enqueue(SendPasswordReset.Kind, request.Id.ToString());
                audit.Add(
                    AuditEventTypes.ResetRequested,
                    account.Id,
                    origin,
                    request.Id.ToString(),
                    "administrator",
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
