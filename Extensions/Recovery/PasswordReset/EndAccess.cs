using IdP.Recovery.Audit;
using IdP.Recovery.Ports;

namespace IdP.Recovery.PasswordReset;

/// <summary>Step 6, a job: ends every session and token of an account whose credential changed (threat 7).</summary>
internal sealed class EndAccess(IAccountSessions sessions, IAccountGrants grants, UnitOfWork work, AuditLog audit)
    : IOutboxHandler
{
    public const string Kind = "access.end";

    /// <summary>Adds the work to the transaction of the change.</summary>
    public static void Enqueue(UnitOfWork work, string accountId) => work.Enqueue(Kind, accountId);

    // What the owner began after the change, with the new password, goes on.
    public async Task HandleAsync(OutboxEntry entry, CancellationToken cancellationToken)
    {
        await sessions.EndOutdatedAsync(entry.Subject, cancellationToken);
        await grants.RevokeTokensAsync(entry.Subject, entry.CreatedAt, cancellationToken);
        await work.RunAsync(
            _ =>
            {
                audit.Add(AuditEventTypes.AccessEnded, entry.Subject, Requester.None, entry.Id.ToString());
                return Task.CompletedTask;
            },
            cancellationToken
        );
    }
}
