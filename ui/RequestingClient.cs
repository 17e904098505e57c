using Microsoft.AspNetCore.Http;

namespace IdP.UI;

/// <summary>The application a person came from, as the page's head shows it.</summary>
/// <param name="Name">Its display name, as registered.</param>
/// <param name="LogoUrl">A path of this host to its logo, or an https address that the page's policy allows; or null: its first letter is shown then.</param>
public sealed record RequestingClient(string Name, string? LogoUrl = null);

/// <summary>
/// Who is asking. A host that knows its clients supplies this (from the <c>client_id</c> within <c>returnUrl</c>);
/// without one, pages name no application.
/// </summary>
public interface IRequestingClientSource
{
    /// <summary>The application behind this request, or null when it belongs to none.</summary>
    ValueTask<RequestingClient?> FindAsync(HttpContext http, CancellationToken cancellationToken);

    /// <summary>What an application is called; null when the host knows none by that id.</summary>
    /// <param name="clientId">Its <c>client_id</c>.</param>
    string? NameOf(string clientId);

    /// <summary>What a scope of the host's own gives, in words; null when the host has none for it.</summary>
    /// <param name="scope">Its name.</param>
    string? ScopeNameOf(string scope);
}

internal sealed class NoRequestingClient : IRequestingClientSource
{
    public ValueTask<RequestingClient?> FindAsync(HttpContext http, CancellationToken cancellationToken) =>
        ValueTask.FromResult<RequestingClient?>(null);

    public string? NameOf(string clientId) => null;

    public string? ScopeNameOf(string scope) => null;
}
