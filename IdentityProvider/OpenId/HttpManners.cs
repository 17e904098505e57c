using IdP.UI.Pages;

namespace IdentityProvider.OpenId;

/// <summary>What the protocol's endpoints owe to HTTP, around the engine.</summary>
internal static class HttpManners
{
    private static readonly string[] Get = ["GET", "HEAD"];
    private static readonly string[] Post = ["POST"];
    private static readonly string[] Both = ["GET", "POST"];

    // The engine takes a verb that an endpoint has not for a request that is out of shape.
    private static readonly Dictionary<string, string[]> Verbs = new(StringComparer.OrdinalIgnoreCase)
    {
        ["/connect/authorize"] = Both,
        ["/connect/logout"] = Both,
        ["/connect/userinfo"] = Both,
        ["/connect/token"] = Post,
        ["/connect/par"] = Post,
        ["/connect/device"] = Post,
        ["/connect/introspect"] = Post,
        ["/connect/revoke"] = Post,
        ["/.well-known/openid-configuration"] = Get,
        ["/.well-known/oauth-authorization-server"] = Get,
        ["/.well-known/jwks"] = Get,
    };

    public static Task InvokeAsync(HttpContext http, RequestDelegate next)
    {
        // The engine takes an address in any case, and with a slash at its end.
        var path = (http.Request.Path.Value ?? "").TrimEnd('/');
        if (Verbs.TryGetValue(path, out var verbs) && !verbs.Contains(http.Request.Method))
        {
            http.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            http.Response.Headers.Allow = string.Join(", ", verbs);
            return Task.CompletedTask;
        }

        if (!http.Request.Path.StartsWithSegments("/connect") && http.Request.Path != "/device")
        {
            return next(http);
        }

        // RFC 9700, 4.12: after a form with credentials only 303 is sure to become a GET without them.
        http.Response.OnStarting(() =>
        {
            if (http.Response.StatusCode == StatusCodes.Status302Found)
            {
                http.Response.StatusCode = StatusCodes.Status303SeeOther;
            }

            return Task.CompletedTask;
        });
        if (path.Equals("/connect/logout", StringComparison.OrdinalIgnoreCase))
        {
            // Whatever is wrong with the request, the person can still sign out.
            http.Items[ErrorModel.WayItem] = new ErrorWay("/logout", "Layout.SignOut");
        }

        if (!path.Equals("/connect/userinfo", StringComparison.OrdinalIgnoreCase))
        {
            return next(http);
        }

        // Security: RFC 9700, 4.3.2. A token in an address ends in logs and histories.
        if (http.Request.Query.ContainsKey("access_token"))
        {
            http.Response.StatusCode = StatusCodes.Status401Unauthorized;
            http.Response.Headers.WWWAuthenticate =
                """Bearer error="invalid_request", error_description="A token must not be in the address." """.Trim();
            return Task.CompletedTask;
        }

        // OpenID Connect Core 5.3.1: a POST with the token in its header has no body, and so no type of one.
        if (HttpMethods.IsPost(http.Request.Method) && http.Request is { ContentType: null, ContentLength: null or 0 })
        {
            http.Request.ContentType = "application/x-www-form-urlencoded";
        }

        return next(http);
    }
}
