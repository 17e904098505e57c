using IdP.Recovery;
using IdP.Recovery.Ports;
using IdP.UI.Mail;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace IdP.UI;

/// <summary>A mail as a mail server takes it.</summary>
/// <param name="To">One address.</param>
/// <param name="ToName">The recipient's name where it is safe to repeat; null otherwise.</param>
/// <param name="Subject">One line, without anything that a stranger chose.</param>
/// <param name="Text">The plain text alternative.</param>
/// <param name="Html">The HTML alternative, a whole document that loads nothing.</param>
/// <param name="Language">BCP 47.</param>
/// <param name="MessageId">
/// With its angle brackets: the same at every try, so that a mailbox can drop a doublet (RFC 5322, 3.6.4).
/// </param>
public sealed record OutgoingMail(
    string To,
    string? ToName,
    string Subject,
    string Text,
    string Html,
    string Language,
    string MessageId
);

/// <summary>Lets a host hand mails to its mail server without knowing what they say.</summary>
public static class RecoveryMailer
{
    /// <summary>Registers <see cref="IRecoveryMailer"/>.</summary>
    /// <param name="send">
    /// Returns once the server has accepted the mail, and throws when it has not; it is then tried again.
    /// </param>
    public static IServiceCollection AddRecoveryMailer(
        this IServiceCollection services,
        Func<OutgoingMail, CancellationToken, Task> send
    ) =>
        services.AddSingleton<IRecoveryMailer>(p => new Written(
            p.GetRequiredService<MailRenderer>(),
            p.GetRequiredService<IOptions<OriginOptions>>(),
            send
        ));

    private sealed class Written(
        MailRenderer renderer,
        IOptions<OriginOptions> origin,
        Func<OutgoingMail, CancellationToken, Task> send
    ) : IRecoveryMailer
    {
        public async Task SendAsync(RecoveryMail mail, string messageId, CancellationToken cancellationToken)
        {
            // Security: threat 3; an address that could end a header or name two people is mailed to nobody.
            if (EmailAddress.Normalize(mail.To.Address) is null)
            {
                throw new InvalidOperationException("The address of this mail is not one.");
            }

            var rendered = await renderer.RenderAsync(mail);
            await send(
                new(
                    mail.To.Address,
                    rendered.RecipientName,
                    rendered.Subject,
                    rendered.Text,
                    rendered.Html,
                    rendered.Language,
                    $"<{messageId}@{origin.Value.Link("/").IdnHost}>"
                ),
                cancellationToken
            );
        }
    }
}
