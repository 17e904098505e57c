using IdentityProvider.Clients;
using IdentityProvider.SigningKeys;
using IdP.Recovery;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Server;

namespace IdentityProvider.OpenId;

/// <summary>What the engine's options take from the database, and from the settings.</summary>
internal sealed class ConfigureEngine(
    SigningKeySet keys,
    ClientRegistry clients,
    IOptions<OriginOptions> origin,
    IOptions<OpenIdOptions> options,
    TimeProvider time
) : IConfigureOptions<OpenIddictServerOptions>
{
    public void Configure(OpenIddictServerOptions server)
    {
        // Security: threat 2. The issuer comes from the settings, whatever a request says.
        server.Issuer = origin.Value.Link("/");
        server.TimeProvider = time;
        server.RefreshTokenLifetime = options.Value.RefreshTokenLifetime;
        server.RefreshTokenReuseLeeway = options.Value.RefreshTokenReuseLeeway;
        server.Scopes.UnionWith(ClientRules.StandardScopes);
        server.Scopes.UnionWith(clients.Scopes.Select(s => s.Name));

        // Those to come as well, last: another node may use one a little before this one knows that its time has come.
        foreach (var key in keys.Usable.Union(keys.Published))
        {
            if (key.Algorithm == SigningKeyProtection.EncryptionAlgorithm)
            {
                server.EncryptionCredentials.Add(
                    new(key.Key, SecurityAlgorithms.Aes256KW, SecurityAlgorithms.Aes256CbcHmacSha512)
                );
            }
            else
            {
                server.SigningCredentials.Add(new(key.Key, key.Algorithm));
            }
        }
    }
}
