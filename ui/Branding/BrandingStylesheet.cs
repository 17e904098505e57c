using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace IdP.UI.Branding;

/// <summary>
/// <c>/branding.css</c>, made from the options once: a strict Content-Security-Policy allows no style in the page.
/// </summary>
public sealed class BrandingStylesheet
{
    private readonly byte[] _css;
    private readonly string _version;

    /// <summary>Makes the stylesheet from the options.</summary>
    public BrandingStylesheet(IOptions<BrandingOptions> options)
    {
        var light = AccentColors.ForLight(options.Value.Accent);
        var dark = AccentColors.ForDark(options.Value.Accent);
        _css = Encoding.UTF8.GetBytes(
            ":root,.idp{"
                + $"--idp-accent:light-dark({light.Accent},{dark.Accent});"
                + $"--idp-accent-strong:light-dark({light.Strong},{dark.Strong});"
                + $"--idp-on-accent:light-dark({light.OnAccent},{dark.OnAccent})"
                + "}"
        );
        _version = Convert.ToHexStringLower(SHA256.HashData(_css))[..12];
    }

    /// <summary>The path with the version of its content, so that it can be kept for good.</summary>
    public string Path => $"~/branding.css?v={_version}";

    internal IResult Serve(HttpContext http)
    {
        // Only the current version may be kept for a year: another one would hold an old colour.
        var current = http.Request.Query["v"] == _version;
        http.Response.Headers.CacheControl = current ? "public, max-age=31536000, immutable" : "no-cache";
        return Results.Bytes(_css, "text/css; charset=utf-8", entityTag: new EntityTagHeaderValue($"\"{_version}\""));
    }
}
