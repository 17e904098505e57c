using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using IdP.Recovery;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Api;

/// <summary>
/// What every request of the API passes. Order: the token, its scope, the limit, the body, the idempotency key; a
/// request without a token learns nothing and costs no row.
/// </summary>
internal sealed class ApiGate(
    ApiCallers callers,
    RequestLimits limits,
    IdempotencyKeys keys,
    IOptions<ApiOptions> options
)
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    /// <summary>Lets in with a scope.</summary>
    public static Func<EndpointFilterInvocationContext, EndpointFilterDelegate, ValueTask<object?>> With(
        string scope
    ) =>
        (invocation, next) =>
            invocation.HttpContext.RequestServices.GetRequiredService<ApiGate>().PassAsync(invocation, next, scope);

    /// <summary>Who calls.</summary>
    public static ApiCaller CallerOf(HttpContext http) => (ApiCaller)http.Items[typeof(ApiCaller)]!;

    /// <summary>The body as it came.</summary>
    public static byte[] BodyOf(HttpContext http) => (byte[])http.Items[typeof(ApiBody)]!;

    /// <summary>Asks for a sign-in a moment ago (RFC 9470).</summary>
    public static ApiAnswer StepUp(HttpContext http, TimeSpan within) =>
        Challenge(
            http,
            ApiProblem.StepUpRequired,
            string.Create(
                CultureInfo.InvariantCulture,
                $"Bearer error=\"insufficient_user_authentication\", max_age=\"{within.TotalSeconds:0}\""
            )
        );

    private async ValueTask<object?> PassAsync(
        EndpointFilterInvocationContext invocation,
        EndpointFilterDelegate next,
        string scope
    )
    {
        var http = invocation.HttpContext;
        http.Response.Headers.CacheControl = "no-store";
        if (http.Request.Headers.Authorization.Count == 0)
        {
            return Challenge(http, ApiProblem.InvalidToken, "Bearer");
        }

        if (await callers.FindAsync(http.Request, http.RequestAborted) is not { } caller)
        {
            return Challenge(http, ApiProblem.InvalidToken, """Bearer error="invalid_token" """.Trim());
        }

        if (!caller.Scopes.Contains(scope))
        {
            return Challenge(
                http,
                ApiProblem.InsufficientScope,
                $"Bearer error=\"insufficient_scope\", scope=\"{scope}\""
            );
        }

        if (!await CountAsync(http, caller))
        {
            return ApiProblem.RateLimited.Answer();
        }

        http.Items[typeof(ApiCaller)] = caller;
        if (HttpMethods.IsGet(http.Request.Method))
        {
            return await next(invocation);
        }

        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        http.Items[typeof(ApiBody)] = body.ToArray();
        if (!http.Request.Headers.TryGetValue("Idempotency-Key", out var sent))
        {
            return await next(invocation);
        }

        var key = sent.ToString();
        if (key.Length is 0 or > IdempotencyKeys.MaxLength || key.Any(c => c is < '!' or > '~'))
        {
            return ApiProblem.InvalidKey.Answer();
        }

        return await keys.RunAsync(
            http,
            SHA256.HashData(Encoding.UTF8.GetBytes($"{caller.Key}\n{key}")),
            SHA256.HashData([
                .. Encoding.UTF8.GetBytes($"{http.Request.Method} {http.Request.Path}{http.Request.QueryString}\n"),
                .. body.ToArray(),
            ]),
            async () => (ApiAnswer)(await next(invocation))!
        );
    }

    // draft-ietf-httpapi-ratelimit-headers: the policy, and what is left of it.
    private async Task<bool> CountAsync(HttpContext http, ApiCaller caller)
    {
        var quota = options.Value.RequestsPerMinute;
        var count = await limits.CountAsync("api/" + caller.Key, quota, Window, http.RequestAborted);
        var wait = Math.Max(1, (int)Math.Ceiling(count.FreeIn.TotalSeconds));
        var headers = http.Response.Headers;
        headers["RateLimit-Policy"] = string.Create(
            CultureInfo.InvariantCulture,
            $"\"client\";q={quota};w={Window.TotalSeconds}"
        );
        headers["RateLimit"] = string.Create(CultureInfo.InvariantCulture, $"\"client\";r={count.Left};t={wait}");
        if (!count.Taken)
        {
            headers.RetryAfter = wait.ToString(CultureInfo.InvariantCulture);
        }

        return count.Taken;
    }

    private static ApiAnswer Challenge(HttpContext http, ApiProblem problem, string challenge)
    {
        http.Response.Headers.WWWAuthenticate = challenge;
        return problem.Answer();
    }
}
