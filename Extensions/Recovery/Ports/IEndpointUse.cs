namespace IdP.Recovery.Ports;

/// <summary>
/// Port: to which endpoints an account is bound by using them, such as applications that it has granted something to. Any
/// number may be registered, none included.
/// </summary>
public interface IEndpointUse
{
    /// <summary>The <see cref="Endpoints.ServiceEndpoint.Reference"/> of each. Called in the transaction of a change.</summary>
    Task<IReadOnlyCollection<string>> ReferencesAsync(string accountId, CancellationToken cancellationToken);
}
