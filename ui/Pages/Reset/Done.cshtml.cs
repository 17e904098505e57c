using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdP.UI.Pages.Reset;

/// <summary>The password is the new one; nobody is signed in by it.</summary>
public sealed class DoneModel : PageModel
{
    /// <summary>Which portal to go on to.</summary>
    [BindProperty(SupportsGet = true, Name = "for")]
    public string? For { get; set; }

    /// <summary>The portal.</summary>
    public Portal Portal => Portal.Named(For);
}
