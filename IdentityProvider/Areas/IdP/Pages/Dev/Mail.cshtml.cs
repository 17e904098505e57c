using IdentityProvider.Mail;
using IdentityProvider.Operations;
using IdP.Recovery;
using IdP.UI.Pages.Dev;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Pages.Dev;

/// <summary>What the development mailbox caught; no page at all where there is none.</summary>
internal sealed class MailModel(IServiceProvider services, IOptions<OriginOptions> origin) : DevelopmentPage
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

        ContentSecurity.AllowFrames(HttpContext, [origin.Value.Link("/")]);
        Mails = mailbox.Mails;
        Chosen = id is { } one ? mailbox.Find(one) : null;
        return id is null || Chosen is not null ? Page() : NotFound();
    }
}
