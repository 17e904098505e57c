namespace IdP.Recovery.Ports;

/// <summary>Port: ends what an account has granted to applications: consents and the tokens that live from them.</summary>
public interface IAccountGrants
{
    /// <summary>Takes an application's access away: consent and tokens. False when it had none.</summary>
    /// <param name="clientId">The application.</param>
    Task<bool> EndAsync(string accountId, string clientId, CancellationToken cancellationToken);

    /// <summary>
    /// Revokes the account's tokens, offline ones too, and keeps the remembered consents: what a recovery asks for.
    /// Returns how many it revoked.
    /// </summary>
    /// <param name="givenUntil">The time of the recovery; what was given after it stays.</param>
    Task<long> RevokeTokensAsync(string accountId, DateTimeOffset givenUntil, CancellationToken cancellationToken);
}
