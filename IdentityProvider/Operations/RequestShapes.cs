using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace IdentityProvider.Operations;

/// <summary>
/// Refuses a body that nobody here could read, before anything tries to: of no type, or in another charset than UTF-8 (415), and
/// forms in parts that break off (400). Security: threat 29.
/// </summary>
internal static class RequestShapes
{
    public static async Task InvokeAsync(HttpContext http, RequestDelegate next)
    {
        // The error page is shown with the headers of what failed.
        if (
            http.Features.Get<IStatusCodeReExecuteFeature>() is null
            && http.Request.ContentType is { Length: > 0 } named
            && http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody != false
        )
        {
            if (!MediaTypeHeaderValue.TryParse(named, out var type) || !IsUtf8(type))
            {
                http.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
                return;
            }

            if (
                type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
                && !await CanBeReadAsync(http)
            )
            {
                // What was read of it is no form.
                http.Features.Set<IFormFeature>(null);
                http.Response.StatusCode = StatusCodes.Status400BadRequest;
                return;
            }
        }

        await next(http);
    }

    private static bool IsUtf8(MediaTypeHeaderValue type) =>
        !type.Charset.HasValue
        || HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase);

    // No page sends a form in parts, so that reading one early costs nobody anything.
    private static async Task<bool> CanBeReadAsync(HttpContext http)
    {
        try
        {
            await http.Request.ReadFormAsync(http.RequestAborted);
            return true;
        }
        catch (Exception exception)
            when (exception is InvalidDataException or NotSupportedException or ArgumentException
                || (
                    exception is IOException and not BadHttpRequestException
                    && !http.RequestAborted.IsCancellationRequested
                )
            )
        {
            return false;
        }
    }
}
