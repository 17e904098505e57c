using IdP.Recovery.Ports;
using Microsoft.Extensions.Options;
using MimeKit;

namespace IdentityProvider.Mail;

/// <summary>
/// Development without a mail server: keeps the newest mails in memory, and as files where
/// <see cref="MailOptions.PickupDirectory"/> says.
/// </summary>
internal sealed class DevelopmentMailbox(MailMessages messages, TimeProvider time, IOptions<MailOptions> options)
    : IRecoveryMailer
{
    /// <summary>How many are kept; the oldest goes first.</summary>
    public const int Most = 100;

    private readonly Lock gate = new();
    private readonly LinkedList<CaughtMail> caught = [];

    /// <summary>Newest first.</summary>
    public IReadOnlyList<CaughtMail> Mails
    {
        get
        {
            lock (gate)
            {
                return [.. caught];
            }
        }
    }

    public CaughtMail? Find(Guid id) => Mails.FirstOrDefault(m => m.Id == id);

    public async Task SendAsync(RecoveryMail mail, string messageId, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var (message, rendered) = await messages.WriteAsync(mail, messageId);
        var kept = new CaughtMail(
            Guid.CreateVersion7(now),
            now,
            mail.To.Address,
            rendered.Subject,
            rendered.Text,
            rendered.Html,
            rendered.Link
        );
        if (options.Value.PickupDirectory is { } folder)
        {
            await LeaveAsync(message, folder, kept.Id, cancellationToken);
        }

        lock (gate)
        {
            caught.AddFirst(kept);
            if (caught.Count > Most)
            {
                caught.RemoveLast();
            }
        }
    }

    // Whoever watches the folder sees a whole file or none.
    private static async Task LeaveAsync(
        MimeMessage message,
        string folder,
        Guid id,
        CancellationToken cancellationToken
    )
    {
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, $"{id:n}.eml");
        var unfinished = file + ".part";
        await message.WriteToAsync(unfinished, cancellationToken);
        File.Move(unfinished, file);
    }
}

/// <summary>A mail that went nowhere.</summary>
internal sealed record CaughtMail(
    Guid Id,
    DateTimeOffset At,
    string To,
    string Subject,
    string Text,
    string Html,
    Uri? Link
);
