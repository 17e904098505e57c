using IdentityProvider.OpenId;

namespace IdentityProvider.SharedSignals;

/// <summary>Lets a request in that has an access token of a client's own, in the header (RFC 6750, 2.1).</summary>
internal sealed class SignalAccess(AccessTokens tokens)
{
    /// <summary>Lets in with any of these scopes.</summary>
    public static Func<EndpointFilterInvocationContext, EndpointFilterDelegate, ValueTask<object?>> With(
        params string[] scopes
    ) =>
        async (invocation, next) =>
        {
            var http = invocation.HttpContext;
            http.Response.Headers.CacheControl = "no-store";
            var access = http.RequestServices.GetRequiredService<SignalAccess>();
            return await access.RefuseAsync(http, scopes) ?? await next(invocation);
        };

    /// <summary>The client that asks.</summary>
    public static string ClientOf(HttpContext http) => (string)http.Items[typeof(SignalAccess)]!;

    private async Task<IResult?> RefuseAsync(HttpContext http, string[] scopes)
    {
        if (http.Request.Headers.Authorization.Count == 0)
        {
            return Challenge(http, StatusCodes.Status401Unauthorized, "Bearer");
        }

        // Security: a person's token stands for the person, and must not manage the stream of the client that holds it.
        if (
            await tokens.ReadAsync(http.Request) is not { } token
            || token.FindFirst("sub")?.Value != token.FindFirst("client_id")?.Value
        )
        {
            return Challenge(http, StatusCodes.Status401Unauthorized, """Bearer error="invalid_token" """.Trim());
        }

        if (!AccessTokens.ScopesOf(token).Intersect(scopes).Any())
        {
            return Challenge(
                http,
                StatusCodes.Status403Forbidden,
                $"Bearer error=\"insufficient_scope\", scope=\"{scopes[^1]}\""
            );
        }

        http.Items[typeof(SignalAccess)] = token.FindFirst("client_id")!.Value;
        return null;
    }

    private static IResult Challenge(HttpContext http, int status, string challenge)
    {
        http.Response.Headers.WWWAuthenticate = challenge;
        return Results.Problem(statusCode: status);
    }
}
