using NetEscapades.AspNetCore.SecurityHeaders.Headers;

namespace IdentityProvider.Operations;

/// <summary>What every answer carries, pages, errors and files alike.</summary>
internal static class SecurityHeaders
{
    public static void UseHeaders(this WebApplication app)
    {
        var policies = new HeaderPolicyCollection()
            .AddReferrerPolicyNoReferrer()
            .AddContentTypeOptionsNoSniff()
            .AddCustomHeader(
                "Permissions-Policy",
                "camera=(), geolocation=(), microphone=(), payment=(), usb=(), "
                    + "publickey-credentials-create=(self), publickey-credentials-get=(self)"
            );
        Add(policies, new ContentSecurityHeader());
        Add(policies, new NoStoreOfPages());
        if (app.Environment.IsProduction())
        {
            Add(policies, new TransportSecurity());
        }

        app.UseSecurityHeaders(policies);
    }

    private static void Add(HeaderPolicyCollection policies, IHeaderPolicy policy) => policies[policy.Header] = policy;

    private sealed class ContentSecurityHeader : IHeaderPolicy
    {
        public string Header => "Content-Security-Policy";

        public void Apply(
            HttpContext context,
            NetEscapades.AspNetCore.SecurityHeaders.Infrastructure.CustomHeadersResult result
        ) => result.SetHeaders[Header] = ContentSecurity.PolicyOf(context);
    }

    // RFC 6797, 7.2: never over http, where anybody on the way could have written it.
    private sealed class TransportSecurity : IHeaderPolicy
    {
        public string Header => "Strict-Transport-Security";

        public void Apply(
            HttpContext context,
            NetEscapades.AspNetCore.SecurityHeaders.Infrastructure.CustomHeadersResult result
        )
        {
            if (context.Request.IsHttps)
            {
                result.SetHeaders[Header] = "max-age=31536000";
            }
        }
    }

    // A page shows who is signed in; it must not come back from a cache after the sign-out.
    private sealed class NoStoreOfPages : IHeaderPolicy
    {
        public string Header => "Cache-Control";

        public void Apply(
            HttpContext context,
            NetEscapades.AspNetCore.SecurityHeaders.Infrastructure.CustomHeadersResult result
        )
        {
            if (context.Response.ContentType?.StartsWith("text/html", StringComparison.Ordinal) == true)
            {
                result.SetHeaders[Header] = "no-store";
            }
        }
    }
}
