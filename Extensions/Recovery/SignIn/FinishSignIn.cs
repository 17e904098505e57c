using IdP.Recovery.Audit;
using IdP.Recovery.Lockout;
using IdP.Recovery.Ports;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;

namespace IdP.Recovery.SignIn;

/// <summary>The last step of every way in: begins the session, and audits.</summary>
public sealed class FinishSignIn(
    IAccountSessions sessions,
    PendingSignIns pending,
    IAccounts accounts,
    KnownBrowsers browsers,
    UnitOfWork work,
    AuditLog audit,
    IDataProtectionProvider protection
)
{
    private readonly IDataProtector keys = protection.CreateProtector("IdP.Recovery.SignIn.v1");

    internal async Task RunAsync(
        HttpContext http,
        RecoverableAccount account,
        IReadOnlyList<string> methods,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        // Order: before the transaction. Where the ring of keys must be read or renewed for a cookie, that takes another
        // connection, which on SQLite would wait for this one.
        keys.Protect([]);

        // Order: in one transaction. There is no session that the audit knows nothing of.
        await work.RunAsync(
            async inner =>
            {
                await sessions.StartAsync(http, account, methods, inner);
                audit.Add(
                    AuditEventTypes.SignedIn,
                    account.Id,
                    requester,
                    actorId: account.Id,
                    proof: string.Join(' ', methods)
                );
                await browsers.SeenAsync(http, account.Id, requester, inner);
                await accounts.NoteSignInAsync(account.Id, inner);
            },
            cancellationToken
        );
    }

    internal Task<FactorSignIn> EndAsync(
        HttpContext http,
        PendingAccount waiting,
        string? replacementCode,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        keys.Protect([]);
        return work.RunAsync<FactorSignIn>(
            async inner =>
            {
                if (!await pending.EndAsync(waiting.Id, inner))
                {
                    return new FactorSignIn.Gone();
                }

                await RunAsync(http, waiting.Account, waiting.Methods, requester, inner);
                return new FactorSignIn.SignedIn(waiting.Account, replacementCode);
            },
            cancellationToken
        );
    }

    internal Task RefuseAsync(
        RecoverableAccount account,
        string reason,
        Requester requester,
        CancellationToken cancellationToken
    ) =>
        work.RunAsync(
            _ =>
            {
                audit.Add(AuditEventTypes.SignInFailed, account.Id, requester, reason: reason, actorId: account.Id);
                return Task.CompletedTask;
            },
            cancellationToken
        );
}
