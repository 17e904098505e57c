using IdP.Recovery.Ports;
using MailKit.Net.Smtp;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Mail;

/// <summary>Hands mails to the configured server over SMTP (RFC 5321).</summary>
internal sealed class SmtpRecoveryMailer(
    MailMessages messages,
    SmtpConnections connections,
    TimeProvider time,
    IOptions<MailOptions> options
) : IRecoveryMailer
{
    // For a greeting, a sign-in and a mail.
    private const int WaitsInAll = 4;

    public async Task SendAsync(RecoveryMail mail, string messageId, CancellationToken cancellationToken)
    {
        var written = await messages.WriteAsync(mail, messageId);
        using var deadline = new CancellationTokenSource(options.Value.Timeout * WaitsInAll, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        SmtpConnection? connection = null;
        try
        {
            connection = await connections.TakeAsync(either.Token);
            await connection.Client.SendAsync(written.Message, either.Token);
        }
        catch (SmtpCommandException) when (connection is not null)
        {
            // It has refused, and is still there.
            await connections.LeaveAsync(connection);
            throw;
        }
        catch (Exception exception)
        {
            // In the middle of something: the next mail takes another.
            connection?.Dispose();
            if (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                throw new TimeoutException("The mail server took too long.");
            }

            throw;
        }

        await connections.KeepAsync(connection);
    }
}
