using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdP.UI.Pages;

/// <summary>The browsers the assets are built for, and whether this one is among them.</summary>
public sealed class SupportedBrowsersModel(SupportedBrowsers browsers) : PageModel
{
    /// <summary>The list, in the order to show it.</summary>
    public IReadOnlyList<SupportedBrowser> All => browsers.All;

    /// <summary>The browser that asks, where it is one of the list.</summary>
    public VisitingBrowser? Visiting { get; private set; }

    /// <summary>Reads the <c>User-Agent</c> header.</summary>
    public void OnGet() => Visiting = browsers.Recognize(Request.Headers.UserAgent);
}
