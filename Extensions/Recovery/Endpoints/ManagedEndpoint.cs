namespace IdP.Recovery.Endpoints;

/// <summary>How something that an administrator wanted of an endpoint ended.</summary>
public abstract record ManagedEndpoint
{
    private ManagedEndpoint() { }

    /// <summary>Done.</summary>
    public sealed record Done(ServiceEndpoint Endpoint) : ManagedEndpoint;

    /// <summary>Some fields are not as they must be; nothing was changed.</summary>
    /// <param name="Fields">Which.</param>
    public sealed record Invalid(IReadOnlyList<string> Fields) : ManagedEndpoint;

    /// <summary>Another endpoint has that name.</summary>
    public sealed record NameTaken : ManagedEndpoint;

    /// <summary>It is not there, or was so before.</summary>
    public sealed record Gone : ManagedEndpoint;

    /// <summary>The actor may not.</summary>
    public sealed record NotAllowed : ManagedEndpoint;
}
