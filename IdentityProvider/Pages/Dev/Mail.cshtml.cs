using IdentityProvider.Mail;
using IdP.UI.Pages.Dev;
using Microsoft.AspNetCore.Mvc;

namespace IdentityProvider.Pages.Dev;

/// <summary>What the development mailbox caught; no page at all where there is none.</summary>
internal sealed class MailModel(IServiceProvider services) : DevelopmentPage
{
    public static int Most => DevelopmentMailbox.Most;

    public IReadOnlyList<CaughtMail> Mails { get; private set; } = [];

    public CaughtMail? Chosen { get; private set; }

    public IActionResult OnGet(Guid? id)
    {
        if (services.GetService<DevelopmentMailbox>() is not { } mailbox)
        {
            return NotFound();
        }

        Response.Headers.CacheControl = "no-store";
        Mails = mailbox.Mails;
        Chosen = id is { } one ? mailbox.Find(one) : null;
        return id is null || Chosen is not null ? Page() : NotFound();
    }
}
