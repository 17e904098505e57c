using System.Net;
using System.Security.Cryptography;
using System.Text;
using IdentityProvider.Operations;
using IdP.UI;
using Microsoft.AspNetCore;
using Microsoft.Extensions.Localization;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace IdentityProvider.OpenId;

/// <summary>
/// Tells the application of every error (RFC 6749, 4.1.2.1), those too that the engine finds before it has looked at
/// the redirect address; an address that is not registered is never gone to.
/// </summary>
internal sealed class TellTheApplication(IOpenIddictApplicationManager applications)
    : IOpenIddictServerHandler<ApplyAuthorizationResponseContext>
{
    public async ValueTask HandleAsync(ApplyAuthorizationResponseContext context)
    {
        if (
            context is { RedirectUri: null, Response.Error: not null }
            && context.Request is { ClientId: { Length: > 0 } clientId, RedirectUri: { Length: > 0 } uri }
            && await applications.FindByClientIdAsync(clientId, context.CancellationToken) is { } client
            && await applications.ValidateRedirectUriAsync(client, uri, context.CancellationToken)
        )
        {
            context.RedirectUri = uri;
            context.ResponseMode ??=
                context.Request.ResponseMode == ResponseModes.FormPost ? ResponseModes.FormPost : ResponseModes.Query;
        }
    }
}

/// <summary>
/// The page of <c>response_mode=form_post</c>: sends itself by a script that the page's own policy allows by its
/// hash, and has a button where scripts do not run.
/// </summary>
internal sealed class FormPostPage(IStringLocalizer<Text> text)
    : IOpenIddictServerHandler<ApplyAuthorizationResponseContext>
{
    private const string Script = "document.forms[0].submit()";

    // The form goes to the application, and on from there to wherever that leads: browsers hold form-action against
    // every address on the way, so there is none. Nothing else is allowed.
    private static readonly string Policy =
        $"default-src 'none'; script-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Script)))}'; "
        + "base-uri 'none'; frame-ancestors 'none'";

    public async ValueTask HandleAsync(ApplyAuthorizationResponseContext context)
    {
        if (context is not { ResponseMode: ResponseModes.FormPost, RedirectUri: { Length: > 0 } uri })
        {
            return;
        }

        var http = context.Transaction.GetHttpRequest()!.HttpContext;
        var page = new StringBuilder()
            .Append("<!doctype html><html lang=\"")
            .Append(Thread.CurrentThread.CurrentUICulture.Name)
            .Append("\"><head><meta charset=\"utf-8\"><title>")
            .Append(WebUtility.HtmlEncode(text["Logout.GoOn"]))
            .Append("</title></head><body><form method=\"post\" action=\"")
            .Append(WebUtility.HtmlEncode(uri))
            .Append("\">");
        foreach (var (name, parameter) in context.Response.GetParameters())
        {
            if ((string?)parameter is { Length: > 0 } value)
            {
                page.Append("<input type=\"hidden\" name=\"")
                    .Append(WebUtility.HtmlEncode(name))
                    .Append("\" value=\"")
                    .Append(WebUtility.HtmlEncode(value))
                    .Append("\">");
            }
        }

        page.Append("<button>")
            .Append(WebUtility.HtmlEncode(text["Logout.GoOn"]))
            .Append("</button></form><script>")
            .Append(Script)
            .Append("</script></body></html>");
        ContentSecurity.Replace(http, Policy);
        http.Response.Headers.CacheControl = "no-store";
        http.Response.ContentType = "text/html;charset=utf-8";
        await http.Response.WriteAsync(page.ToString(), http.RequestAborted);
        context.HandleRequest();
    }
}
