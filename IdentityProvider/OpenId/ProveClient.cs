using System.Security.Cryptography;
using System.Text;
using IdentityProvider.Clients;
using IdP.Recovery;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace IdentityProvider.OpenId;

/// <summary>Tries at the token endpoint whether a client is taken for itself, by its secret or its key.</summary>
internal sealed class ProveClient(IOptions<OriginOptions> origin, ClientProbe probe, TimeProvider time)
{
    private const string Assertion = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

    // A code that nobody gave is refused for itself by whoever has taken the proof.
    public async Task<ClientFinding> RunAsync(
        ClientView client,
        ClientProofs proofs,
        CancellationToken cancellationToken
    )
    {
        var subject = client.Proof switch
        {
            ClientProof.Secret => "secret",
            ClientProof.Key => "key",
            _ => "public client",
        };
        var form = new Dictionary<string, string> { ["client_id"] = client.ClientId };
        if (client.Flows.Contains(GrantTypes.ClientCredentials))
        {
            form["grant_type"] = GrantTypes.ClientCredentials;
        }
        else if (client.Flows.Contains(GrantTypes.AuthorizationCode))
        {
            form["grant_type"] = GrantTypes.AuthorizationCode;
            form["code"] = Secrets.NewToken();
            form["code_verifier"] = Secrets.NewToken();
            form["redirect_uri"] = client.RedirectUris[0];
        }
        else
        {
            form["grant_type"] = GrantTypes.RefreshToken;
            form["refresh_token"] = Secrets.NewToken();
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, origin.Value.Link("/connect/token"));
        switch (client.Proof)
        {
            case ClientProof.Secret when proofs.Secret is { } secret:
                request.Headers.Authorization = new(
                    "Basic",
                    Convert.ToBase64String(
                        Encoding.UTF8.GetBytes(
                            $"{Uri.EscapeDataString(client.ClientId)}:{Uri.EscapeDataString(secret)}"
                        )
                    )
                );
                break;
            case ClientProof.Key when proofs.KeyPem is { } pem:
                if (Sign(client, pem, out var assertion) is { } bad)
                {
                    return new(ClientFindingKind.Wrong, subject, bad);
                }

                form["client_assertion_type"] = Assertion;
                form["client_assertion"] = assertion!;
                break;
            case ClientProof.None:
                break;
            default:
                return new(
                    ClientFindingKind.Note,
                    subject,
                    client.Proof == ClientProof.Key
                        ? "was not tried: give the private key with --key FILE."
                        : "was not tried: give it on standard input with --stdin."
                );
        }

        request.Content = new FormUrlEncodedContent(form);
        var (answer, flaw) = await probe.SendAsync(request, cancellationToken);
        using (answer)
        {
            if (answer is null)
            {
                return new(ClientFindingKind.Wrong, subject, $"the token endpoint {flaw}.");
            }

            var error = await ClientProbe.ReadAsync(answer, "error", cancellationToken);
            if (answer.IsSuccessStatusCode || error == Errors.InvalidGrant)
            {
                return new(ClientFindingKind.Ok, subject, "is taken at the token endpoint.");
            }

            var description = await ClientProbe.ReadAsync(answer, "error_description", cancellationToken);
            return new(ClientFindingKind.Wrong, subject, $"is refused: {error}, {description}");
        }
    }

    private string? Sign(ClientView client, string pem, out string? assertion)
    {
        assertion = null;
        if (Open(pem) is not var (key, algorithm))
        {
            return "the file holds no private key of the type EC or RSA, PEM.";
        }

        var print = Base64UrlEncoder.Encode(key.ComputeJwkThumbprint());
        if (
            new JsonWebKeySet(client.Row.JsonWebKeySet).Keys.FirstOrDefault(k =>
                Base64UrlEncoder.Encode(k.ComputeJwkThumbprint()) == print
            )
            is not { } known
        )
        {
            return "the key is none of those in the client's jwks.";
        }

        key.KeyId = known.Kid;
        var now = time.GetUtcNow().UtcDateTime;
        assertion = new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(
            new SecurityTokenDescriptor
            {
                Issuer = client.ClientId,
                Audience = origin.Value.Issuer(),
                IssuedAt = now,
                Expires = now.AddMinutes(1),
                Claims = new Dictionary<string, object> { ["sub"] = client.ClientId, ["jti"] = Secrets.NewToken() },
                SigningCredentials = new(key, algorithm),
            }
        );
        return null;
    }

    private static (SecurityKey Key, string Algorithm)? Open(string pem)
    {
        try
        {
            var ecdsa = ECDsa.Create();
            ecdsa.ImportFromPem(pem);
            return (new ECDsaSecurityKey(ecdsa), SecurityAlgorithms.EcdsaSha256);
        }
        catch (Exception exception) when (exception is ArgumentException or CryptographicException)
        {
            // Of the other kind, or none.
        }

        try
        {
            var rsa = RSA.Create();
            rsa.ImportFromPem(pem);
            return (new RsaSecurityKey(rsa), SecurityAlgorithms.RsaSha256);
        }
        catch (Exception exception) when (exception is ArgumentException or CryptographicException)
        {
            return null;
        }
    }
}
