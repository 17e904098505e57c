using IdP.Recovery.Factors;
using IdP.Recovery.Lockout;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Ports;

namespace IdP.Recovery.SignIn;

/// <summary>
/// Ends every access of a person but the session they act in, which a change of a factor offers (ASVS 7.4.3): the other
/// sessions at once, remembered and known browsers with them, and the tokens of applications by a job.
/// </summary>
public sealed class EndOtherAccess(
    UnitOfWork work,
    IAccountSessions sessions,
    RememberedBrowsers browsers,
    KnownBrowsers known
)
{
    /// <summary>Ends it.</summary>
    /// <param name="sessionId">The session that goes on.</param>
    public async Task RunAsync(
        string accountId,
        string sessionId,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        await sessions.EndAllAsync(accountId, sessionId, SessionEndReason.CredentialChanged, cancellationToken);
        await work.RunAsync(
            async inner =>
            {
                await browsers.ForgetAllAsync(accountId, inner);
                await known.ForgetAsync(accountId, but: requester, inner);
                EndAccess.Enqueue(work, accountId);
            },
            cancellationToken
        );
    }
}
