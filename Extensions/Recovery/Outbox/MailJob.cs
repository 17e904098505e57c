using IdP.Recovery.Ports;

namespace IdP.Recovery;

/// <summary>A mail that is ready to go out.</summary>
/// <param name="MessageId">The same at every try.</param>
internal sealed record ReadyMail(RecoveryMail Mail, string MessageId)
{
    /// <summary>Whose audit says that the mail went out; null for nobody's.</summary>
    public RecoverableAccount? Told { get; init; }

    /// <summary>What is kept once the mail server has taken the mail.</summary>
    public Func<CancellationToken, Task>? Mark { get; init; }
}

/// <summary>What every job that mails works with.</summary>
internal sealed class MailDesk(IRecoveryMailer mailer, RecoveryMetrics metrics, TellEveryAddress told, OutboxHold hold)
{
    public TellEveryAddress Told => told;

    // Order: marked only once the server has it. A crash in between mails it again, under the same id.
    public async Task SendAsync(string kind, ReadyMail ready, CancellationToken cancellationToken)
    {
        hold.ThrowIfOver();
        await mailer.SendAsync(ready.Mail, ready.MessageId, cancellationToken);
        metrics.Mailed(kind);
        if (ready.Told is { } account)
        {
            told.Sent(account);
        }

        if (ready.Mark is { } mark)
        {
            await mark(cancellationToken);
        }
    }
}

/// <summary>
/// The one way in which a job mails: prepare, send, count, mark. How often it is tried again, <see cref="OutboxOptions"/>
/// say; each try prepares anew.
/// </summary>
internal abstract class MailJob(MailDesk desk) : IOutboxHandler
{
    protected MailDesk Desk => desk;

    public async Task HandleAsync(OutboxEntry entry, CancellationToken cancellationToken)
    {
        if (await PrepareAsync(entry, cancellationToken) is { } ready)
        {
            await desk.SendAsync(entry.Kind, ready, cancellationToken);
        }
    }

    /// <summary>The mail; null when there is nothing to tell any more.</summary>
    protected abstract Task<ReadyMail?> PrepareAsync(OutboxEntry entry, CancellationToken cancellationToken);
}
