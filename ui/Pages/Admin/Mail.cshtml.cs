using IdP.Recovery;
using IdP.Recovery.Ports;
using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Admin;

/// <summary>Mail and other work that was given up on, with 'try again' for each.</summary>
public sealed class MailModel(GivenUpWork work, IStringLocalizer<Text> text) : PageModel
{
    /// <summary>The latest first.</summary>
    public IReadOnlyList<GivenUpEntry> Entries { get; private set; } = [];

    /// <summary>Lists it.</summary>
    public async Task OnGetAsync(CancellationToken cancellationToken) =>
        Entries = await work.ListAsync(cancellationToken);

    /// <summary>Begins one again. One that somebody else has begun already needs no second word.</summary>
    public async Task<IActionResult> OnPostRetryAsync(Guid id, CancellationToken cancellationToken)
    {
        await work.RetryAsync(id, User.AccountId(), HttpContext.Origin(), cancellationToken);
        TempData.Tell(text["MailAdmin.Retried"]);
        return this.SeeOther("/admin/mail", "/admin/mail");
    }

    /// <summary>A kind or an error in words; its own name where there are none.</summary>
    public string Words(string area, string? name) =>
        text[$"MailAdmin.{area}.{name}"] is { ResourceNotFound: false } words
            ? words.Value
            : name ?? "";
}
