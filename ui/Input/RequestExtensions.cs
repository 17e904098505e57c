using IdP.Recovery;
using IdP.Recovery.Lockout;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdP.UI.Input;

/// <summary>What a page of the product asks of a request, and how it answers.</summary>
public static class RequestExtensions
{
    /// <summary>From where a request comes, as far as it is kept.</summary>
    public static Requester Requester(this HttpContext http) =>
        IdP.Recovery.Requester.From(http.Connection.RemoteIpAddress, http.Request.Headers.UserAgent.ToString()) with
        {
            BrowserToken = KnownBrowsers.TokenOf(http.Request),
        };

    /// <summary>
    /// Goes on by 303, so that what was posted is never sent again (RFC 9700, 4.12), and only to an address on this
    /// host.
    /// </summary>
    public static IActionResult SeeOther(this PageModel page, string? localUrl, string fallback)
    {
        page.Response.Headers.Location = page.Url.IsLocalUrl(localUrl) ? localUrl : fallback;
        return new StatusCodeResult(StatusCodes.Status303SeeOther);
    }

    /// <summary>Shows the page again with what is wrong; the answer says that the request was.</summary>
    public static IActionResult Again(this PageModel page)
    {
        page.Response.StatusCode = StatusCodes.Status400BadRequest;
        return page.Page();
    }
}
