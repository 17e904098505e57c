namespace IdentityProvider.Clients;

/// <summary>The scopes of the stream management API, which every host knows.</summary>
internal static class SignalScopes
{
    public const string Read = "ssf.read";
    public const string Manage = "ssf.manage";
    public const string Audience = "shared-signals";
}
