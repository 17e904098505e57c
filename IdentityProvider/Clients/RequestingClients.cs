using IdP.UI;
using Microsoft.AspNetCore.WebUtilities;

namespace IdentityProvider.Clients;

/// <summary>Names the application that sent a person here, from the authorization request they will go back to.</summary>
internal sealed class RequestingClients(ClientRegistry clients) : IRequestingClientSource
{
    public ValueTask<RequestingClient?> FindAsync(
        HttpContext http,
        CancellationToken cancellationToken
    )
    {
        var returnUrl = http.Request.Query["returnUrl"].ToString();
        if (!returnUrl.StartsWith("/connect/authorize?", StringComparison.Ordinal))
        {
            return new((RequestingClient?)null);
        }

        var query = QueryHelpers.ParseQuery(
            returnUrl[returnUrl.IndexOf('?', StringComparison.Ordinal)..]
        );
        var client = clients.FindByClientId(query.GetValueOrDefault("client_id").ToString());

        // The strict policy of the pages takes pictures from this host only; another logo is shown as a letter.
        var logo = OpenId.EngineHandlers.ClientProperty(
            client?.Properties,
            ClientDescriptors.LogoUri
        );
        RequestingClient? asking = client is null
            ? null
            : new(
                client.DisplayName ?? client.ClientId!,
                logo?.StartsWith('/') == true ? logo : null
            );
        return new(asking);
    }

    public string? NameOf(string clientId) => clients.FindByClientId(clientId)?.DisplayName;
}
