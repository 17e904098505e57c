using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdP.UI.Pages;

/// <summary>Says in a person's words what went wrong; shown in place of the answer, under its status.</summary>
[IgnoreAntiforgeryToken]
[ResponseCache(NoStore = true)]
public sealed class ErrorModel : PageModel
{
    /// <summary>The item of <c>HttpContext.Items</c> in which a host leaves a sentence of detail.</summary>
    public const string DetailItem = "IdP.UI.Error.Detail";

    /// <summary>The item of <c>HttpContext.Items</c> in which a host leaves a way on, as an <see cref="ErrorWay"/>.</summary>
    public const string WayItem = "IdP.UI.Error.Way";

    /// <summary>Which words to use.</summary>
    public string Kind { get; private set; } = "Unknown";

    /// <summary>What the host adds, such as the protocol's error.</summary>
    public string? Detail => HttpContext.Items[DetailItem] as string;

    /// <summary>A way on beside the sign-in.</summary>
    public ErrorWay? Way => HttpContext.Items[WayItem] as ErrorWay;

    /// <summary>Shows it for any method, since the request that failed may have been a post.</summary>
    public void OnGet(int? status) => Describe(status);

    /// <summary>The same.</summary>
    public void OnPost(int? status) => Describe(status);

    private void Describe(int? status)
    {
        var code =
            HttpContext.Features.Get<IStatusCodeReExecuteFeature>()?.OriginalStatusCode
            ?? status
            ?? Response.StatusCode;
        Kind = code switch
        {
            404 => "NotFound",
            403 => "Forbidden",
            429 or 503 => "Busy",
            >= 400 and < 500 => "BadRequest",
            _ => "Unknown",
        };
    }
}

/// <summary>A link of the error page.</summary>
/// <param name="Path">Where it leads, on this host.</param>
/// <param name="Text">The name of its words among the texts.</param>
public sealed record ErrorWay(string Path, string Text);
