using System.Net;
using System.Security.Cryptography;
using System.Text;
using IdentityProvider.Clients;
using IdP.Recovery;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.EntityFrameworkCore.Models;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace IdentityProvider.OpenId;

/// <summary>
/// Tries a declared client as its application would, over HTTP, at the running host: discovery, an authorization request for
/// each redirect address that shows no page, its secret or key, and whether its logout addresses answer.
/// </summary>
internal sealed class CheckClient(IOptions<OriginOptions> origin, ClientProbe probe, ProveClient prove)
{
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

        findings.Add(await prove.RunAsync(client, proofs, cancellationToken));
        await ReachAsync(client, findings, cancellationToken);
        return findings;
    }

    private async Task<bool> FindsIssuerAsync(List<ClientFinding> findings, CancellationToken cancellationToken)
    {
        const string subject = "discovery";
        var address = origin.Value.Link("/.well-known/openid-configuration");
        var (answer, flaw) = await probe.SendAsync(new(HttpMethod.Get, address), cancellationToken);
        using (answer)
        {
            if (answer is null || !answer.IsSuccessStatusCode)
            {
                findings.Add(
                    new(
                        ClientFindingKind.Wrong,
                        subject,
                        $"{address} {flaw ?? ClientProbe.Answered(answer!)}. Is the host running, and is Origin where it is reached?"
                    )
                );
                return false;
            }

            var issuer = await ClientProbe.ReadAsync(answer, "issuer", cancellationToken);
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
        var (answer, flaw) = await probe.SendAsync(new(HttpMethod.Get, request), cancellationToken);
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
                            : $"the request {flaw ?? ClientProbe.Answered(answer!)}; the host's log says why."
                    )
            );
        }
    }

    private async Task ReachAsync(ClientView client, List<ClientFinding> findings, CancellationToken cancellationToken)
    {
        if (client.BackChannelLogoutUri is { } back)
        {
            // Without a token it has to say 400 (Back-Channel Logout 2.8).
            using var empty = new FormUrlEncodedContent([]);
            var (answer, flaw) = await probe.SendAsync(
                new(HttpMethod.Post, back) { Content = empty },
                cancellationToken
            );
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
                                : $"{flaw ?? ClientProbe.Answered(answer!)}; a back-channel logout is a POST without a cookie, and 400 without a token."
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
            var (answer, flaw) = await probe.SendAsync(new(HttpMethod.Get, front), cancellationToken);
            using (answer)
            {
                findings.Add(
                    answer is not { IsSuccessStatusCode: true }
                        ? new(
                            ClientFindingKind.Wrong,
                            front,
                            $"{flaw ?? ClientProbe.Answered(answer!)}; it is loaded in a frame."
                        )
                    : ForbidsFrames(answer)
                        ? new(ClientFindingKind.Wrong, front, "forbids frames, and it is loaded in one.")
                    : new(ClientFindingKind.Ok, front, "answers, and may be framed.")
                );
            }
        }

        foreach (var uri in client.RedirectUris.Concat(client.PostLogoutRedirectUris).Distinct())
        {
            if (!uri.StartsWith("http", StringComparison.Ordinal))
            {
                continue;
            }

            var (answer, flaw) = await probe.SendAsync(new(HttpMethod.Head, uri), cancellationToken);
            using (answer)
            {
                if (flaw is not null)
                {
                    findings.Add(new(ClientFindingKind.Note, uri, $"{flaw}, asked from here."));
                }
            }
        }
    }

    private static bool ForbidsFrames(HttpResponseMessage answer) =>
        answer.Headers.Contains("X-Frame-Options")
        || (
            answer.Headers.TryGetValues("Content-Security-Policy", out var policies)
            && policies.Any(p => p.Contains("frame-ancestors 'none'", StringComparison.OrdinalIgnoreCase))
        );
}
