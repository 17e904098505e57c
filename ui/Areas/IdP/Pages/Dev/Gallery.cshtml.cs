using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Mvc;

namespace IdP.UI.Pages.Dev;

/// <summary>Every component, to look at.</summary>
public sealed class GalleryModel(TimeProvider clock) : DevelopmentPage
{
    /// <summary>An address to try the field with.</summary>
    [
        BindProperty,
        Required(ErrorMessage = "Enter your e-mail address"),
        EmailAddress(ErrorMessage = "Enter an e-mail address such as name@example.test")
    ]
    public string Email { get; set; } = "";

    /// <summary>A password to try the field with.</summary>
    [BindProperty, Required(ErrorMessage = "Enter a password")]
    public string Password { get; set; } = "";

    /// <summary>A code to try the field with.</summary>
    [BindProperty, Required(ErrorMessage = "Enter the six digits from your app")]
    public string Code { get; set; } = "";

    /// <summary>Now, by the host's clock.</summary>
    public DateTimeOffset Now => clock.GetUtcNow();

    /// <summary>Says that the form was sent, or what is wrong with it.</summary>
    public IActionResult OnPost()
    {
        if (!ModelState.IsValid)
        {
            return Page();
        }

        TempData.Tell("The form was sent.");
        return RedirectToPage();
    }
}
