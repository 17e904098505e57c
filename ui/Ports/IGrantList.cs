namespace IdP.UI.Ports;

/// <summary>Port: what an account's owner and an administrator see of its applications.</summary>
public interface IGrantList
{
    /// <summary>The applications with access, by name.</summary>
    Task<IReadOnlyList<AccountGrant>> ListAsync(string accountId, CancellationToken cancellationToken);
}

/// <summary>An application with access to an account.</summary>
/// <param name="ClientId">The application.</param>
/// <param name="Name">Its name as shown on the consent page.</param>
/// <param name="Scopes">What was granted.</param>
public sealed record AccountGrant(string ClientId, string Name, IReadOnlyList<string> Scopes, DateTimeOffset GrantedAt);
