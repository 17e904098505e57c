using IdP.Recovery.Audit;
using IdP.Recovery.Ports;

namespace IdP.Recovery.PasswordReset;

/// <summary>Step 6, a job: ends every session and token of an account whose credential changed (threat 7).</summary>
internal sealed class EndAccess(
    IAccountSessions sessions,
    IAccountGrants grants,
    UnitOfWork work,
    AuditLog audit
) : IOutboxHandler
{
    public const string Kind = "access.end";

    /// <summary>Adds the work to the transaction of the change; the session in which it was made may go on.</summary>
    public static void Enqueue(UnitOfWork work, string accountId, string? exceptSessionId = null) =>
        work.Enqueue(Kind, exceptSessionId is null ? accountId : $"{accountId} {exceptSessionId}");

    public async Task HandleAsync(OutboxEntry entry, CancellationToken cancellationToken)
    {
        var (accountId, exceptSessionId) = entry.Subject.Split(' ') is [var id, var kept]
            ? (id, kept)
            : (entry.Subject, null);
        await sessions.EndAllAsync(
            accountId,
            exceptSessionId,
            SessionEndReason.CredentialChanged,
            cancellationToken
        );
        await grants.RevokeTokensAsync(accountId, cancellationToken);
        await work.RunAsync(
            _ =>
            {
                audit.Add(
                    AuditEventTypes.AccessEnded,
                    accountId,
                    RequestOrigin.None,
                    entry.Id.ToString()
                );
                return Task.CompletedTask;
            },
            cancellationToken
        );
    }
}
