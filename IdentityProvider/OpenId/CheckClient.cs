using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using IdentityProvider.Clients;
using IdP.Recovery;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.EntityFrameworkCore.Models;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace IdentityProvider.OpenId;

/// <summary>How well something of a client works.</summary>
internal enum ClientFindingKind
{
    /// <summary>As it should.</summary>
    Ok,

    /// <summary>It was not tried, or works and could be better.</summary>
    Note,

    /// <summary>It does not.</summary>
    Wrong,
}

/// <summary>One line of what was found.</summary>
/// <param name="Subject">What was tried.</param>
internal sealed record ClientFinding(ClientFindingKind Kind, string Subject, string Text);

/// <summary>By what the client proves itself while it is tried; both null where that is left out.</summary>
/// <param name="Secret">Its secret.</param>
/// <param name="KeyPem">Its private key, PEM.</param>
internal sealed record ClientProofs(string? Secret, string? KeyPem);

/// <summary>
/// Tries a declared client as its application would, over HTTP, at the running host: discovery, an authorization request for
/// each redirect address that shows no page, its secret or key, and whether its logout addresses answer.
/// </summary>
internal sealed class CheckClient(IOptions<OriginOptions> origin, IHttpClientFactory http, TimeProvider time)
{
    /// <summary>Of the HTTP client: follows nothing, keeps nothing, waits ten seconds.</summary>
    public const string Http = "clients-check";

    private const string Assertion = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

    public async Task<IReadOnlyList<ClientFinding>> RunAsync(
        OpenIddictEntityFrameworkCoreApplication row,
        ClientProofs proofs,
        CancellationToken cancellationToken
    )
    {
        var client = new ClientView(row);
        var findings = new List<ClientFinding>();
        if (!await FindsIssuerAsync(findings, cancellationToken))
        {
            return findings;
        }

        if (client.Flows.Contains(GrantTypes.AuthorizationCode))
        {
            foreach (var uri in client.RedirectUris)
            {
                await AskAsync(client, uri, findings, cancellationToken);
            }

            if (!client.RequiresPkce)
            {
                findings.Add(
                    new(
                        ClientFindingKind.Note,
                        "PKCE",
                        "is not required: let the application send it, or else a nonce."
                    )
                );
            }
        }

        await ProveAsync(client, proofs, findings, cancellationToken);
        await ReachAsync(client, findings, cancellationToken);
        return findings;
    }

    private async Task<bool> FindsIssuerAsync(List<ClientFinding> findings, CancellationToken cancellationToken)
    {
        const string subject = "discovery";
        var address = origin.Value.Link("/.well-known/openid-configuration");
        var (answer, flaw) = await SendAsync(new(HttpMethod.Get, address), cancellationToken);
        using (answer)
        {
            if (answer is null || !answer.IsSuccessStatusCode)
            {
                findings.Add(
                    new(
                        ClientFindingKind.Wrong,
                        subject,
                        $"{address} {flaw ?? Answered(answer!)}. Is the host running, and is Origin where it is reached?"
                    )
                );
                return false;
            }

            var issuer = Text(await ReadAsync(answer, cancellationToken), "issuer");
            var isOurs = issuer == origin.Value.Issuer();
            findings.Add(
                isOurs
                    ? new(ClientFindingKind.Ok, subject, $"the issuer is {issuer}; configure it so, by the character.")
                    : new(ClientFindingKind.Wrong, subject, $"{address} says that the issuer is '{issuer}'.")
            );
            return isOurs;
        }
    }

    // Without a page: who is not signed in here is told so at the redirect address, when all else is right.
    private async Task AskAsync(
        ClientView client,
        string redirectUri,
        List<ClientFinding> findings,
        CancellationToken cancellationToken
    )
    {
        if (client.RequiresPar || client.RequiresSignedRequests)
        {
            findings.Add(
                new(ClientFindingKind.Note, redirectUri, "was not tried: the client must push or sign its requests.")
            );
            return;
        }

        var verifier = Secrets.NewToken();
        var request = QueryHelpers.AddQueryString(
            origin.Value.Link("/connect/authorize").AbsoluteUri,
            new Dictionary<string, string?>
            {
                ["client_id"] = client.ClientId,
                ["response_type"] = ResponseTypes.Code,
                ["redirect_uri"] = redirectUri,
                ["scope"] = string.Join(' ', client.Scopes.Union([Scopes.OpenId])),
                ["state"] = Secrets.NewToken(),
                ["nonce"] = Secrets.NewToken(),
                ["code_challenge"] = Base64UrlEncoder.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))),
                ["code_challenge_method"] = CodeChallengeMethods.Sha256,
                ["prompt"] = PromptValues.None,
            }
        );
        var (answer, flaw) = await SendAsync(new(HttpMethod.Get, request), cancellationToken);
        using (answer)
        {
            var query = answer?.Headers.Location is { } location
                ? QueryHelpers.ParseQuery(location.OriginalString[(location.OriginalString.IndexOf('?') + 1)..])
                : [];
            var error = query.GetValueOrDefault("error").ToString();
            findings.Add(
                error == Errors.LoginRequired
                    ? new(ClientFindingKind.Ok, redirectUri, "a request with its scopes and PKCE comes back here.")
                    : new(
                        ClientFindingKind.Wrong,
                        redirectUri,
                        error.Length > 0
                            ? $"the request was refused: {error}, {query.GetValueOrDefault("error_description")}"
                            : $"the request {flaw ?? Answered(answer!)}; the host's log says why."
                    )
            );
        }
    }

    // A code that nobody gave is refused for itself by whoever has taken the proof.
    private async Task ProveAsync(
        ClientView client,
        ClientProofs proofs,
        List<ClientFinding> findings,
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
                    findings.Add(new(ClientFindingKind.Wrong, subject, bad));
                    return;
                }

                form["client_assertion_type"] = Assertion;
                form["client_assertion"] = assertion!;
                break;
            case ClientProof.None:
                break;
            default:
                findings.Add(
                    new(
                        ClientFindingKind.Note,
                        subject,
                        client.Proof == ClientProof.Key
                            ? "was not tried: give the private key with --key FILE."
                            : "was not tried: give it on standard input with --stdin."
                    )
                );
                return;
        }

        request.Content = new FormUrlEncodedContent(form);
        var (answer, flaw) = await SendAsync(request, cancellationToken);
        using (answer)
        {
            var said = answer is null ? default : await ReadAsync(answer, cancellationToken);
            findings.Add(
                answer is { IsSuccessStatusCode: true } || Text(said, "error") == Errors.InvalidGrant
                    ? new(ClientFindingKind.Ok, subject, "is taken at the token endpoint.")
                    : new(
                        ClientFindingKind.Wrong,
                        subject,
                        flaw is not null
                            ? $"the token endpoint {flaw}."
                            : $"is refused: {Text(said, "error")}, {Text(said, "error_description")}"
                    )
            );
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

    private async Task ReachAsync(ClientView client, List<ClientFinding> findings, CancellationToken cancellationToken)
    {
        if (client.BackChannelLogoutUri is { } back)
        {
            // Without a token it has to say 400 (Back-Channel Logout 2.8).
            using var empty = new FormUrlEncodedContent([]);
            var (answer, flaw) = await SendAsync(new(HttpMethod.Post, back) { Content = empty }, cancellationToken);
            using (answer)
            {
                findings.Add(
                    answer?.StatusCode is HttpStatusCode.BadRequest
                        ? new(ClientFindingKind.Ok, back, "answers, and refuses a logout without a token.")
                        : new(
                            ClientFindingKind.Wrong,
                            back,
                            answer is { StatusCode: HttpStatusCode.OK or HttpStatusCode.NoContent }
                                ? "takes a logout without a token: it does not look at it."
                                : $"{flaw ?? Answered(answer!)}; a back-channel logout is a POST without a cookie, and 400 without a token."
                        )
                );
            }
        }
        else if (client.Flows.Contains(GrantTypes.AuthorizationCode))
        {
            findings.Add(
                new(
                    ClientFindingKind.Note,
                    "back-channel logout",
                    "has no address: a password reset reaches the application at its next refresh."
                )
            );
        }

        if (client.FrontChannelLogoutUri is { } front)
        {
            var (answer, flaw) = await SendAsync(new(HttpMethod.Get, front), cancellationToken);
            using (answer)
            {
                findings.Add(
                    answer is not { IsSuccessStatusCode: true }
                        ? new(ClientFindingKind.Wrong, front, $"{flaw ?? Answered(answer!)}; it is loaded in a frame.")
                    : ForbidsFrames(answer)
                        ? new(ClientFindingKind.Wrong, front, "forbids frames, and it is loaded in one.")
                    : new(ClientFindingKind.Ok, front, "answers, and may be framed.")
                );
            }
        }

        foreach (var uri in client.RedirectUris.Concat(client.PostLogoutRedirectUris).Distinct())
        {
            if (
                uri.StartsWith("http", StringComparison.Ordinal)
                && (await SendAsync(new(HttpMethod.Head, uri), cancellationToken)) is (null, { } flaw)
            )
            {
                findings.Add(new(ClientFindingKind.Note, uri, $"{flaw}, asked from here."));
            }
        }
    }

    private static bool ForbidsFrames(HttpResponseMessage answer) =>
        answer.Headers.Contains("X-Frame-Options")
        || (
            answer.Headers.TryGetValues("Content-Security-Policy", out var policies)
            && policies.Any(p => p.Contains("frame-ancestors 'none'", StringComparison.OrdinalIgnoreCase))
        );

    private async Task<(HttpResponseMessage? Answer, string? Flaw)> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return (
                await http.CreateClient(Http)
                    .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken),
                null
            );
        }
        catch (HttpRequestException exception)
        {
            return (
                null,
                exception.HttpRequestError switch
                {
                    HttpRequestError.NameResolutionError => "has a name that nobody knows",
                    HttpRequestError.SecureConnectionError => "has a certificate that is not trusted",
                    _ => "does not answer",
                }
            );
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, "does not answer in ten seconds");
        }
    }

    private static string Answered(HttpResponseMessage answer) =>
        answer.Headers.Location is { } location
            ? $"answers {(int)answer.StatusCode} and leads to {location}"
            : $"answers {(int)answer.StatusCode}";

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        try
        {
            using var document = await JsonDocument.ParseAsync(
                await answer.Content.ReadAsStreamAsync(cancellationToken),
                cancellationToken: cancellationToken
            );
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return default;
        }
    }

    private static string? Text(JsonElement said, string name) =>
        said.ValueKind == JsonValueKind.Object && said.TryGetProperty(name, out var value) ? value.ToString() : null;
}
