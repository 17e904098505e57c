using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace IdentityProvider.Operations;

/// <summary>How much a request may bring. Nothing here takes files, so little is enough.</summary>
internal static class RequestSizes
{
    private const int Body = 64 * 1024;
    private const int Headers = 16 * 1024;

    // An application's request comes in one, and goes on in the address of the sign-in page.
    private const int Line = 24 * 1024;
    private const int HeaderCount = 64;
    private const int FormFields = 64;
    private const int FieldName = 256;

    // A client assertion or a request object is the longest thing that a field holds.
    private const int FieldValue = 16 * 1024;

    public static void AddRequestSizes(this IServiceCollection services)
    {
        services.Configure<KestrelServerOptions>(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = Body;
            kestrel.Limits.MaxRequestLineSize = Line;
            kestrel.Limits.MaxRequestHeadersTotalSize = Headers;
            kestrel.Limits.MaxRequestHeaderCount = HeaderCount;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        });
        services.Configure<FormOptions>(form =>
        {
            form.BufferBodyLengthLimit = Body;
            form.MultipartBodyLengthLimit = Body;
            form.ValueCountLimit = FormFields;
            form.KeyLengthLimit = FieldName;
            form.ValueLengthLimit = FieldValue;
        });
    }
}
