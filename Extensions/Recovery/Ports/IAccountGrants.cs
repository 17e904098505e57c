namespace IdP.Recovery.Ports;

/// <summary>Port: what an account has granted to applications: consents and the tokens that live from them.</summary>
public interface IAccountGrants
{
    /// <summary>The applications with access, by name.</summary>
    /// <param name="accountId">The account.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<IReadOnlyList<AccountGrant>> ListAsync(string accountId, CancellationToken cancellationToken);

    /// <summary>Takes an application's access away: consent and tokens. False when it had none.</summary>
    /// <param name="accountId">The account.</param>
    /// <param name="clientId">The application.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<bool> EndAsync(string accountId, string clientId, CancellationToken cancellationToken);

    /// <summary>
    /// Revokes the account's tokens, offline ones too, and keeps the remembered consents: what a recovery asks for.
    /// Returns how many it revoked.
    /// </summary>
    /// <param name="accountId">The account.</param>
    /// <param name="givenUntil">The time of the recovery; what was given after it stays.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<long> RevokeTokensAsync(string accountId, DateTimeOffset givenUntil, CancellationToken cancellationToken);
}

/// <summary>An application with access to an account.</summary>
/// <param name="ClientId">The application.</param>
/// <param name="Name">Its name as shown on the consent page.</param>
/// <param name="Scopes">What was granted.</param>
/// <param name="GrantedAt">When.</param>
public sealed record AccountGrant(string ClientId, string Name, IReadOnlyList<string> Scopes, DateTimeOffset GrantedAt);
