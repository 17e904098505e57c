using IdP.Recovery;

namespace IdentityProvider.Operations;

/// <summary>The Content-Security-Policy of an answer; a page that needs another says so before it writes its body.</summary>
internal static class ContentSecurity
{
    private const string Item = "IdentityProvider.ContentSecurity";

    private const string Images = "img-src 'self' data:";

    // No form-action: Chromium applies it to the redirects that follow a form post, and an authorization that began
    // with one ends at the client's address.
    private const string Pages =
        "default-src 'none'; style-src 'self'; "
        + Images
        + "; connect-src 'self'; font-src 'self'; "
        + "frame-ancestors 'none'; base-uri 'none'; script-src 'self'";

    /// <summary>Lets the page load frames from these origins, as the front-channel logout page must.</summary>
    /// <param name="http">The request that the page answers.</param>
    /// <param name="addresses">What is framed; scheme, host and port of each count.</param>
    public static void AllowFrames(HttpContext http, IEnumerable<Uri> addresses) =>
        Replace(http, $"{Pages}; frame-src {string.Join(' ', addresses.Select(OriginOptions.OriginOf).Distinct())}");

    /// <summary>Lets the page show a picture of that origin, as the logo of the application that asks.</summary>
    /// <param name="http">The request that the page answers.</param>
    /// <param name="address">Where the picture is; a user's name in it, which could hold a semicolon, is left out.</param>
    public static void AllowImage(HttpContext http, Uri address) =>
        Replace(
            http,
            PolicyOf(http).Replace(Images, $"{Images} {OriginOptions.OriginOf(address)}", StringComparison.Ordinal)
        );

    /// <summary>Gives an answer that is no page of ours a policy of its own.</summary>
    /// <param name="http">The request that it answers.</param>
    /// <param name="policy">All of it.</param>
    public static void Replace(HttpContext http, string policy) => http.Items[Item] = policy;

    public static string PolicyOf(HttpContext http) => http.Items[Item] as string ?? Pages;
}
