using System.Security.Cryptography;
using IdP.Recovery;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace IdentityProvider.OpenId;

/// <summary>
/// Keeps a request that is too long for an address, which proxies cut at 4 or 8 KB, and goes on by a reference to it: a
/// row, so that every node has it, and encrypted, since hints name people.
/// </summary>
internal sealed class KeptRequests(
    IOpenIddictTokenManager tokens,
    IDataProtectionProvider protection,
    TimeProvider time
)
{
    /// <summary>The parameter that stands for a kept request.</summary>
    public const string Parameter = "idp_request";

    private const string Type = "kept_request";

    // It is carried once more inside the address of the sign-in page, and escaped there.
    private const int LongestQuery = 1500;

    // Time enough to sign in, and to reset a password on the way.
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);
    private static readonly object Reference = new();

    private readonly IDataProtector protector = protection.CreateProtector(
        "IdentityProvider.KeptRequests.v1"
    );

    /// <summary>Puts a kept request in the place of its reference, before anything reads it.</summary>
    public static async Task InvokeAsync(HttpContext http, RequestDelegate next)
    {
        var request = http.Request;
        if (
            request.Path.StartsWithSegments("/connect")
            && request.Query[Parameter] is [{ Length: > 0 and <= 100 } reference]
        )
        {
            var kept = await http
                .RequestServices.GetRequiredService<KeptRequests>()
                .FindAsync(reference, http.RequestAborted);
            if (kept is null)
            {
                http.Response.StatusCode = StatusCodes.Status400BadRequest;
                return;
            }

            // What was answered since stands beside the reference, and nothing else may.
            var answers = request.Query.Where(p =>
                p.Key
                    is AnswerTickets.LoginParameter
                        or AnswerTickets.ConsentParameter
                        or AnswerTickets.LogoutParameter
            );
            request.QueryString = QueryString.Create(QueryHelpers.ParseQuery(kept).Concat(answers));
            http.Items[Reference] = reference;
        }

        await next(http);
    }

    /// <summary>The request as it can stand in an address, without the answers to earlier questions.</summary>
    public static QueryString Of(HttpContext http) =>
        http.Items[Reference] is string reference
            ? QueryString
                .Create(Parameter, reference)
                .Add(Parameters.ClientId, http.Request.Query[Parameters.ClientId].ToString())
            : QueryString.Create(
                (
                    http.Request.HasFormContentType
                        ? http.Request.Form
                        : (IEnumerable<KeyValuePair<string, StringValues>>)http.Request.Query
                ).Where(p => !p.Key.StartsWith("idp_", StringComparison.Ordinal))
            );

    /// <summary>
    /// Where a request must go on first: one that was posted comes again as a GET, since a browser sends no session's cookie
    /// with a POST from another site; a long one comes again by its reference. Null when it can be answered now.
    /// </summary>
    public async Task<string?> DetourAsync(HttpContext http)
    {
        var query = Of(http);
        var isLong = query.Value!.Length > LongestQuery;
        return !isLong && !HttpMethods.IsPost(http.Request.Method)
            ? null
            : http.Request.Path
                + (isLong ? await KeepAsync(query, http.RequestAborted) : query).ToString();
    }

    private async Task<QueryString> KeepAsync(
        QueryString query,
        CancellationToken cancellationToken
    )
    {
        var reference = Secrets.NewToken();
        await tokens.CreateAsync(
            new OpenIddictTokenDescriptor
            {
                CreationDate = time.GetUtcNow(),
                ExpirationDate = time.GetUtcNow() + Lifetime,
                Payload = protector.Protect(query.Value!),
                ReferenceId = reference,
                Status = Statuses.Valid,
                Type = Type,
            },
            cancellationToken
        );
        return QueryString.Create(Parameter, reference);
    }

    private async Task<string?> FindAsync(string reference, CancellationToken cancellationToken)
    {
        if (
            await tokens.FindByReferenceIdAsync(reference, cancellationToken) is not { } row
            || await tokens.GetTypeAsync(row, cancellationToken) != Type
            || await tokens.GetExpirationDateAsync(row, cancellationToken) is not { } end
            || end <= time.GetUtcNow()
            || await tokens.GetPayloadAsync(row, cancellationToken) is not { } payload
        )
        {
            return null;
        }

        try
        {
            return protector.Unprotect(payload);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
