using IdP.Recovery.Audit;
using IdP.Recovery.Lockout;
using IdP.Recovery.Ports;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;

namespace IdP.Recovery.SignIn;

/// <summary>The last step of every way in: begins the session, and audits.</summary>
public sealed class FinishSignIn(
    ISignedInSessions sessions,
    PendingSignIns pending,
    IAccounts accounts,
    KnownBrowsers browsers,
    UnitOfWork work,
    AuditLog audit,
    IDataProtectionProvider protection
)
{
    private readonly IDataProtector keys = protection.CreateProtector("IdP.Recovery.SignIn.v1");

    /// <summary>Begins the session; false when a credential has changed since the account was read.</summary>
    internal async Task<bool> RunAsync(
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
        var (began, browser) = await work.RunAsync(
            async inner =>
            {
                // Order: the user's row first, as all that changes an account does. Security: threat 7. A reset at this
                // moment ends what was proved before it.
                if (!await accounts.NoteSignInAsync(account, inner))
                {
                    return (false, "");
                }

                await sessions.StartAsync(http, account, methods, inner);
                audit.Add(
                    AuditEventTypes.SignedIn,
                    account.Id,
                    requester,
                    actorId: account.Id,
                    proof: string.Join(' ', methods)
                );
                return (true, await browsers.SeenAsync(account.Id, requester, signedIn: true, inner));
            },
            cancellationToken
        );
        if (began)
        {
            browsers.Keep(http.Response, browser);
        }

        return began;
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

                return await RunAsync(http, waiting.Account, waiting.Methods, requester, inner)
                    ? new FactorSignIn.SignedIn(waiting.Account, replacementCode)
                    : new FactorSignIn.Gone();
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
