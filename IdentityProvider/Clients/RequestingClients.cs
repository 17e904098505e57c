using IdentityProvider.Operations;
using IdP.UI;
using Microsoft.AspNetCore.WebUtilities;

namespace IdentityProvider.Clients;

/// <summary>Names the application that sent a person here, from the authorization request they will go back to.</summary>
internal sealed class RequestingClients(ClientRegistry clients) : IRequestingClientSource
{
    public ValueTask<RequestingClient?> FindAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var returnUrl = http.Request.Query["returnUrl"].ToString();
        if (!returnUrl.StartsWith("/connect/authorize?", StringComparison.Ordinal))
        {
            return new((RequestingClient?)null);
        }

        var query = QueryHelpers.ParseQuery(returnUrl[returnUrl.IndexOf('?', StringComparison.Ordinal)..]);
        var client = clients.FindByClientId(query.GetValueOrDefault("client_id").ToString());

        var logo = ClientProperties.Read(client?.Properties, ClientDescriptors.LogoUri);
        if (Uri.TryCreate(logo, UriKind.Absolute, out var elsewhere) && !elsewhere.IsFile)
        {
            ContentSecurity.AllowImage(http, elsewhere);
        }

        RequestingClient? asking = client is null ? null : new(client.DisplayName ?? client.ClientId!, logo);
        return new(asking);
    }

    public string? NameOf(string clientId) => clients.FindByClientId(clientId)?.DisplayName;

    public string? ScopeNameOf(string scope) => clients.Scopes.FirstOrDefault(s => s.Name == scope)?.DisplayName;
}
