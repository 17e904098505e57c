using IdP.Recovery.Factors;
using IdP.Recovery.Passwords;
using IdP.Recovery.Ports;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.SignIn;

/// <summary>
/// A person who is signed in proves again who they are, before a factor is added or removed (threat 6, ASVS 7.5.1): by
/// a factor where one is enrolled, by the password where none is.
/// </summary>
public sealed class ProveAgain(
    IAccounts accounts,
    IPasswords passwords,
    ISignedInSessions sessions,
    VerifyFactor verify,
    TimeProvider time,
    IOptions<MfaOptions> options
)
{
    /// <summary>Whether the session's last proof is fresh enough.</summary>
    /// <param name="accountId">Whose session.</param>
    /// <param name="within">How old it may be at most; never older than <see cref="MfaOptions.FreshProof"/>.</param>
    public async Task<bool> IsFreshAsync(
        string accountId,
        string sessionId,
        TimeSpan? within,
        CancellationToken cancellationToken
    ) =>
        await sessions.ProvedAtAsync(accountId, sessionId, cancellationToken) is { } provedAt
        && provedAt > time.GetUtcNow() - (within < options.Value.FreshProof ? within.Value : options.Value.FreshProof);

    /// <summary>Proves by a factor.</summary>
    /// <param name="http">The request, in a session.</param>
    /// <param name="proof">What a person brought.</param>
    /// <param name="cancellationToken">Stops; the try stays counted.</param>
    public async Task<FactorVerdict> RunAsync(
        HttpContext http,
        FactorProof proof,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        var account = await FindAsync(http, cancellationToken);
        var verdict = await verify.RunAsync(account, proof, FactorUse.Session, requester, cancellationToken);
        if (verdict is FactorVerdict.Accepted accepted)
        {
            // Security: threat 20. A code that is spent has its consequence, whoever waits for the answer.
            await sessions.ProvedAsync(http, accepted.Methods, CancellationToken.None);
        }

        return verdict;
    }

    /// <summary>Proves by the password; only where no second factor is enrolled.</summary>
    /// <param name="http">The request, in a session.</param>
    /// <param name="cancellationToken">Stops; the try stays counted.</param>
    /// <exception cref="HashingQueueFullException">Too many sign-ins at once.</exception>
    public async Task<bool> RunAsync(
        HttpContext http,
        string? password,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        var account = await FindAsync(http, cancellationToken);
        if (
            account.Factors.Any
            || await passwords.CheckAsync(account.Email, password, requester, cancellationToken)
                is not PasswordCheck.Accepted
        )
        {
            return false;
        }

        await sessions.ProvedAsync(http, ["pwd"], cancellationToken);
        return true;
    }

    private async Task<RecoverableAccount> FindAsync(HttpContext http, CancellationToken cancellationToken) =>
        await accounts.FindAsync(http.User.AccountId(), cancellationToken)
        ?? throw new InvalidOperationException("The session's account is gone.");
}
