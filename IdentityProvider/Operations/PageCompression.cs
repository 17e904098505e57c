using System.IO.Compression;
using Microsoft.AspNetCore.ResponseCompression;

namespace IdentityProvider.Operations;

/// <summary>
/// Compresses the console's pages, whose tables repeat themselves. Security: BREACH needs a secret and an attacker's text
/// in one compressed answer, many times over. So only pages are compressed that are read (what is shown once comes as
/// the answer to a form), and only where the console itself or the address bar asked, never another site; the
/// antiforgery token is masked anew in each answer besides.
/// </summary>
internal static class PageCompression
{
    public static void AddPageCompression(this IServiceCollection services)
    {
        services.AddResponseCompression(options =>
        {
            options.EnableForHttps = true;
            options.MimeTypes = ["text/html"];
            options.Providers.Add<BrotliCompressionProvider>();
            options.Providers.Add<GzipCompressionProvider>();
        });
        services.Configure<BrotliCompressionProviderOptions>(o => o.Level = CompressionLevel.Fastest);
        services.Configure<GzipCompressionProviderOptions>(o => o.Level = CompressionLevel.Fastest);
    }

    public static void UsePageCompression(this WebApplication app) =>
        app.UseWhen(http => MayCompress(http.Request), branch => branch.UseResponseCompression());

    private static bool MayCompress(HttpRequest request) =>
        HttpMethods.IsGet(request.Method)
        && request.Path.StartsWithSegments("/admin", StringComparison.OrdinalIgnoreCase)
        && request.Headers["Sec-Fetch-Site"].ToString() is ("same-origin" or "none");
}
