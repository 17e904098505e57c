using System.Security.Cryptography;
using System.Text;

namespace IdentityProvider.Operations;

/// <summary>
/// The Content-Security-Policy of an answer. A page that must frame others, or that carries a script of the engine's
/// own, says so here before it writes its body.
/// </summary>
internal static class ContentSecurity
{
    private const string Item = "IdentityProvider.ContentSecurity";

    // No form-action: Chromium applies it to the redirects that follow a form post, and an authorization that began
    // with one ends at the client's address.
    private const string Directives =
        "default-src 'none'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; "
        + "frame-ancestors 'none'; base-uri 'none'; script-src 'self'";

    /// <summary>Lets the page load frames from these origins, as the front-channel logout page must.</summary>
    /// <param name="http">The request that the page answers.</param>
    /// <param name="origins">Scheme, host and port of each.</param>
    public static void AllowFrames(HttpContext http, IEnumerable<Uri> origins) =>
        Of(http).Frames.UnionWith(origins.Select(o => o.GetLeftPart(UriPartial.Authority)));

    /// <summary>Lets the page run one inline script, by its hash.</summary>
    /// <param name="http">The request that the page answers.</param>
    /// <param name="script">The text between the script tags, to the character.</param>
    public static void AllowScript(HttpContext http, string script) =>
        Of(http).Scripts.Add(HashSource(script));

    /// <summary>Gives an answer that is no page of ours a policy of its own.</summary>
    /// <param name="http">The request that it answers.</param>
    /// <param name="policy">All of it.</param>
    public static void Replace(HttpContext http, string policy) => Of(http).Instead = policy;

    public static string PolicyOf(HttpContext http)
    {
        var more = http.Items[Item] as Additions;
        if (more?.Instead is { } own)
        {
            return own;
        }

        if (more is null)
        {
            return Directives;
        }

        var policy = new StringBuilder(Directives);
        foreach (var script in more.Scripts)
        {
            policy.Append(' ').Append(script);
        }

        if (more.Frames.Count > 0)
        {
            policy.Append("; frame-src ").AppendJoin(' ', more.Frames);
        }

        return policy.ToString();
    }

    private static Additions Of(HttpContext http)
    {
        if (http.Items[Item] is not Additions additions)
        {
            http.Items[Item] = additions = new();
        }

        return additions;
    }

    private static string HashSource(string script) =>
        $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(script)))}'";

    private sealed class Additions
    {
        public string? Instead { get; set; }

        public HashSet<string> Frames { get; } = new(StringComparer.Ordinal);

        public HashSet<string> Scripts { get; } = new(StringComparer.Ordinal);
    }
}
