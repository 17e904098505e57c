using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdP.UI.Pages.Admin;

/// <summary>The console's door: goes on to its first page.</summary>
public sealed class IndexModel : PageModel
{
    /// <summary>Goes on.</summary>
    public IActionResult OnGet() => LocalRedirect("/admin/mail");
}
