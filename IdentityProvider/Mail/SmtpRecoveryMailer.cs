using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using IdP.Recovery.Ports;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Mail;

/// <summary>Hands mails to the configured server over SMTP (RFC 5321), one connection each.</summary>
internal sealed partial class SmtpRecoveryMailer(
    MailMessages messages,
    TimeProvider time,
    IOptions<MailOptions> options,
    ILogger<SmtpRecoveryMailer> logger
) : IRecoveryMailer
{
    // A mail must end before its outbox lease of five minutes does, or another worker would send it too.
    private const int WaitsInAll = 4;

    private readonly MailOptions options = options.Value;

    public async Task SendAsync(RecoveryMail mail, string messageId, CancellationToken cancellationToken)
    {
        var written = await messages.WriteAsync(mail, messageId);
        using var deadline = new CancellationTokenSource(options.Timeout * WaitsInAll, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        using var client = new SmtpClient { Timeout = (int)options.Timeout.TotalMilliseconds };
        if (options.TrustedCertificates is { } file)
        {
            client.ServerCertificateValidationCallback = (_, certificate, _, errors) =>
                IsTrusted(certificate, errors, file);
        }

        try
        {
            await client.ConnectAsync(options.Host!, options.Port, Security, either.Token);
            if (options.UserName is { } user)
            {
                await client.AuthenticateAsync(user, options.Password!, either.Token);
            }

            await client.SendAsync(written.Message, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException("The mail server took too long.");
        }

        await LeaveAsync(client, messageId, either.Token);
    }

    private SecureSocketOptions Security =>
        options.Security switch
        {
            MailSecurity.StartTls => SecureSocketOptions.StartTls,
            MailSecurity.Tls => SecureSocketOptions.SslOnConnect,
            MailSecurity.None => SecureSocketOptions.None,
            _ => throw new InvalidOperationException($"No such security: {options.Security}."),
        };

    // The server has the mail: whatever happens now must not send it again.
    private async Task LeaveAsync(SmtpClient client, string messageId, CancellationToken cancellationToken)
    {
        try
        {
            await client.DisconnectAsync(quit: true, cancellationToken);
        }
        catch (Exception exception)
        {
            LogNoGoodbye(exception, messageId);
        }
    }

    // Security: only the chain's end is replaced; a wrong name or an expired certificate is refused as ever.
    private static bool IsTrusted(X509Certificate? certificate, SslPolicyErrors errors, string trustedFile)
    {
        if (errors == SslPolicyErrors.None)
        {
            return true;
        }

        if (errors != SslPolicyErrors.RemoteCertificateChainErrors || certificate is null)
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.ImportFromPemFile(trustedFile);
        using var presented = new X509Certificate2(certificate);
        return chain.Build(presented);
    }

    [LoggerMessage(LogLevel.Debug, "The mail server accepted mail {MessageId} and then did not say goodbye")]
    private partial void LogNoGoodbye(Exception exception, string messageId);
}
