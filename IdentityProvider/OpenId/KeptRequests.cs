using System.Security.Cryptography;
using IdP.Recovery;
using IdP.UI.Input;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace IdentityProvider.OpenId;

/// <summary>
/// Keeps a request that is too long for an address, which proxies cut at 4 or 8 KB, and goes on by a reference to it: a
/// row, so that every node has it, and encrypted, since hints name people. A signed one is kept too where a person is sent to
/// another page, since it may expire on the way.
/// </summary>
internal sealed class KeptRequests(
    IOpenIddictTokenManager tokens,
    RequestLimits limits,
    Networks networks,
    IDataProtectionProvider protection,
    IOptions<OpenIdOptions> options,
    TimeProvider time
)
{
    /// <summary>The parameter that stands for a kept request.</summary>
    public const string Parameter = "idp_request";

    /// <summary>Of its row among the engine's tokens.</summary>
    public const string Type = "kept_request";

    // It is carried once more inside the address of the sign-in page, and escaped there.
    public const int LongestQuery = 1500;
    private const int LongestKept = 16 * 1024;

    // Rows that strangers can write have an end.
    private static readonly TimeSpan KeptWithin = TimeSpan.FromMinutes(15);

    // Time enough to sign in, and to reset a password on the way.
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);
    private static readonly object Reference = new();

    private readonly IDataProtector protector = protection.CreateProtector("IdentityProvider.KeptRequests.v1");

    /// <summary>Puts a kept request in the place of its reference, before anything reads it.</summary>
    public static async Task InvokeAsync(HttpContext http, RequestDelegate next)
    {
        var request = http.Request;
        if (
            HttpMethods.IsGet(request.Method)
            && request.Path.StartsWithSegments("/connect")
            && request.Query[Parameter] is [{ Length: > 0 and <= 100 } reference]
        )
        {
            var kept = await http
                .RequestServices.GetRequiredService<KeptRequests>()
                .FindAsync(request.Path, reference, http.RequestAborted);
            var query = QueryHelpers.ParseQuery(kept);

            // Security: the name of the application on the way stands beside the reference, and must be its own.
            if (
                kept is null
                || request.Query[Parameters.ClientId] is [{ Length: > 0 } named]
                    && named != query.GetValueOrDefault(Parameters.ClientId)
            )
            {
                http.Response.StatusCode = StatusCodes.Status400BadRequest;
                return;
            }

            // What was answered since stands beside the reference, and nothing else may.
            var answers = request.Query.Where(p =>
                p.Key is AnswerTickets.LoginParameter or AnswerTickets.ConsentParameter or AnswerTickets.LogoutParameter
            );
            request.QueryString = QueryString.Create(query.Concat(answers));
            http.Items[Reference] = reference;
        }

        await next(http);
    }

    /// <summary>Whether a request is one that was kept for this endpoint, which had checked it.</summary>
    public static bool IsKept(HttpContext http) => http.Items.ContainsKey(Reference);

    /// <summary>The request as it can stand in an address, without the answers to earlier questions.</summary>
    public static QueryString Of(HttpContext http)
    {
        if (http.Items[Reference] is not string reference)
        {
            return QueryString.Create(
                (
                    HttpMethods.IsPost(http.Request.Method)
                        ? http.Request.Form
                        : (IEnumerable<KeyValuePair<string, StringValues>>)http.Request.Query
                ).Where(p => !p.Key.StartsWith("idp_", StringComparison.OrdinalIgnoreCase))
            );
        }

        var query = QueryString.Create(Parameter, reference);
        return http.Request.Query[Parameters.ClientId] is [{ Length: > 0 } clientId]
            ? query.Add(Parameters.ClientId, clientId)
            : query;
    }

    /// <summary>
    /// Where a request must go on first: one that was posted comes again as a GET, since a browser sends no session's cookie
    /// with a POST from another site; a long one comes again by its reference, and so does a posted token, which is not to
    /// stand in an address. Null when it can be answered now.
    /// </summary>
    public async Task<IResult?> DetourAsync(HttpContext http)
    {
        var query = Of(http);
        var posted = HttpMethods.IsPost(http.Request.Method);
        if (query.Value!.Length <= LongestQuery && !(posted && http.Request.Form.ContainsKey(Parameters.IdTokenHint)))
        {
            return posted ? new SeeOther(http.Request.Path + query.ToString()) : null;
        }

        if (query.Value.Length > LongestKept)
        {
            return Results.StatusCode(StatusCodes.Status413PayloadTooLarge);
        }

        return await KeepAsync(http, query) is { } kept
            ? new SeeOther(http.Request.Path + kept.ToString())
            : Results.StatusCode(StatusCodes.Status429TooManyRequests);
    }

    /// <summary>
    /// The request as it can be come back to from another page: a signed one by a reference, since it may expire on the way.
    /// Null when too many of its client are kept for the network.
    /// </summary>
    public async Task<QueryString?> LeaveAsync(HttpContext http)
    {
        var query = Of(http);
        return IsKept(http) || SignerOf(http) is not { } signer
            ? query
            : (await KeepAsync(http, query))?.Add(Parameters.ClientId, signer);
    }

    // Who has signed a request; the signature has been checked.
    private static string? SignerOf(HttpContext http)
    {
        var request = http.Request;
        return request.Path != "/connect/authorize" ? null
            : HttpMethods.IsPost(request.Method)
                ? request.Form.ContainsKey(RequestObjects.Parameter) ? request.Form[Parameters.ClientId].ToString()
                    : null
            : request.Query.ContainsKey(RequestObjects.Parameter) ? request.Query[Parameters.ClientId].ToString()
            : null;
    }

    // Signed ones have places of their own: whoever cannot sign takes none of those that can.
    private async Task<QueryString?> KeepAsync(HttpContext http, QueryString query)
    {
        var network = networks.Of(http.Requester().Network);
        var place = await limits.CountAsync(
            $"kept-requests/{SignerOf(http)}/{network}",
            options.Value.KeptPerNetwork,
            KeptWithin,
            http.RequestAborted
        );
        if (!place.Taken)
        {
            return null;
        }

        var reference = Secrets.NewToken();
        await tokens.CreateAsync(
            new OpenIddictTokenDescriptor
            {
                CreationDate = time.GetUtcNow(),
                ExpirationDate = time.GetUtcNow() + Lifetime,
                Payload = protector.Protect(http.Request.Path + "\n" + query.Value),
                ReferenceId = reference,
                Status = Statuses.Valid,
                Type = Type,
            },
            CancellationToken.None
        );
        return QueryString.Create(Parameter, reference);
    }

    private async Task<string?> FindAsync(PathString path, string reference, CancellationToken cancellationToken)
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
            // Security: what was checked at one endpoint was not at another.
            return protector.Unprotect(payload).Split('\n') is [var kept, var query] && path == kept ? query : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
