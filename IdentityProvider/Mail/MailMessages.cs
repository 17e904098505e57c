using IdP.Recovery;
using IdP.Recovery.Ports;
using IdP.UI.Branding;
using IdP.UI.Mail;
using Microsoft.Extensions.Options;
using MimeKit;
using MimeKit.Text;

namespace IdentityProvider.Mail;

/// <summary>Puts a mail into the form that mail servers take (RFC 5322).</summary>
internal sealed class MailMessages(
    MailRenderer renderer,
    TimeProvider time,
    IOptions<MailOptions> mail,
    IOptions<OriginOptions> origin,
    IOptions<BrandingOptions> branding
)
{
    public async Task<WrittenMail> WriteAsync(RecoveryMail mail, string messageId)
    {
        // Security: threat 3; an address that could end a header or name two people is mailed to nobody.
        if (EmailAddress.Normalize(mail.To.Address) is null)
        {
            throw new InvalidOperationException("The address of this mail is not one.");
        }

        var rendered = await renderer.RenderAsync(mail);
        var message = new MimeMessage
        {
            Subject = rendered.Subject,
            Date = time.GetUtcNow(),
            MessageId = $"{messageId}@{Domain}",
            Body = new MultipartAlternative(
                Part(TextFormat.Plain, rendered.Text),
                Part(TextFormat.Html, rendered.Html)
            ),
        };
        message.From.Add(Sender);
        message.To.Add(new MailboxAddress(rendered.RecipientName, mail.To.Address));
        message.Body.Headers.Add(HeaderId.ContentLanguage, rendered.Language);

        // RFC 3834, 5: nobody's holiday notice answers this. The second line is Exchange's word for it.
        message.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        message.Headers.Add("X-Auto-Response-Suppress", "All");
        return new(message, rendered);
    }

    private string Domain => origin.Value.Link("/").IdnHost;

    private MailboxAddress Sender =>
        new(mail.Value.FromName ?? branding.Value.Name, mail.Value.From ?? $"no-reply@{Domain}");

    // Quoted-printable goes through every server unchanged, long links included.
    private static TextPart Part(TextFormat format, string text) =>
        new(format) { Text = text, ContentTransferEncoding = ContentEncoding.QuotedPrintable };
}

/// <summary>A mail ready to go, and what it was made from.</summary>
internal sealed record WrittenMail(MimeMessage Message, RenderedMail Rendered);
