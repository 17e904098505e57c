namespace IdP.Recovery.Endpoints;

/// <summary>The connectors of this host, by kind.</summary>
public sealed class EndpointConnectors
{
    private readonly Dictionary<string, IEndpointConnector> connectors;

    /// <summary>Of two of a kind the one that was added later counts.</summary>
    public EndpointConnectors(IEnumerable<IEndpointConnector> connectors) =>
        this.connectors = connectors
            .GroupBy(c => c.Kind, StringComparer.Ordinal)
            .ToDictionary(c => c.Key, c => c.Last(), StringComparer.Ordinal);

    /// <summary>The kinds that an administrator can make an endpoint of.</summary>
    public IEnumerable<IEndpointConnector> Offered =>
        connectors.Values.Where(c => c.Fields.Count > 0).OrderBy(c => c.Kind, StringComparer.Ordinal);

    /// <summary>The connector of a kind; null when there is none any more.</summary>
    public IEndpointConnector? Find(string kind) => connectors.GetValueOrDefault(kind);
}
