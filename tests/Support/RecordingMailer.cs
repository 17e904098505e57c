using System.Collections.Concurrent;
using System.Web;
using IdP.Recovery.Ports;

namespace Tests.Support;

/// <summary>The mail port of tests that are not about SMTP: keeps what it is told, or fails as often as told.</summary>
internal sealed class RecordingMailer : IRecoveryMailer
{
    private readonly ConcurrentQueue<SentMail> sent = new();

    /// <summary>Called before a mail counts as accepted; throwing there is a mail server that refuses.</summary>
    public Action<SentMail> Accepting { get; set; } = _ => { };

    /// <summary>What happens while a mail is on its way.</summary>
    public Func<SentMail, Task> Delivering { get; set; } = _ => Task.CompletedTask;

    /// <summary>Called when a mail is kept; throwing there is a mail server that is gone before it says so.</summary>
    public Action<SentMail> Answering { get; set; } = _ => { };

    public IReadOnlyList<SentMail> Sent => [.. sent];

    public TMail Last<TMail>()
        where TMail : RecoveryMail => sent.Select(m => m.Mail).OfType<TMail>().Last();

    public int Count<TMail>()
        where TMail : RecoveryMail => sent.Count(m => m.Mail is TMail);

    public async Task SendAsync(RecoveryMail mail, string messageId, CancellationToken cancellationToken)
    {
        var message = new SentMail(mail, messageId);
        await Delivering(message);
        Accepting(message);
        sent.Enqueue(message);
        Answering(message);
    }
}

internal sealed record SentMail(RecoveryMail Mail, string MessageId)
{
    /// <summary>The token in the mail's link.</summary>
    public string Token =>
        Mail switch
        {
            RecoveryMail.PasswordResetLink mail => mail.Link.Token(),
            RecoveryMail.AccountSetUpLink mail => mail.Link.Token(),
            RecoveryMail.PasswordChanged mail => mail.NotMeLink.Token(),
            _ => throw new InvalidOperationException($"{Mail.GetType().Name} has no token."),
        };
}

internal static class MailLinks
{
    public static string Token(this Uri link) => HttpUtility.ParseQueryString(link.Query)["token"]!;
}
