using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Mail;

/// <summary>
/// Connections to the mail server, some of which are kept for a moment: a greeting, TLS and a sign-in take longer than a mail.
/// </summary>
internal sealed class SmtpConnections : IDisposable
{
    // Servers close what is idle for longer, or brings more.
    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(5);
    private const int MostMails = 50;

    private readonly TimeProvider time;
    private readonly MailOptions options;
    private readonly ConcurrentStack<SmtpConnection> idle = new();
    private readonly ITimer closing;

    public SmtpConnections(TimeProvider time, IOptions<MailOptions> options)
    {
        (this.time, this.options) = (time, options.Value);
        closing = time.CreateTimer(_ => CloseIdle(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>A connection that answers: one that was kept, or else a new one.</summary>
    public async Task<SmtpConnection> TakeAsync(CancellationToken cancellationToken)
    {
        while (idle.TryPop(out var kept))
        {
            if (time.GetUtcNow() - kept.UsedAt < KeptFor && await AnswersAsync(kept, cancellationToken))
            {
                return kept;
            }

            kept.Dispose();
        }

        var made = new SmtpConnection(NewClient());
        try
        {
            await made.Client.ConnectAsync(options.Host!, options.Port, Security, cancellationToken);
            if (options.UserName is { } user)
            {
                await made.Client.AuthenticateAsync(user, options.Password!, cancellationToken);
            }

            return made;
        }
        catch
        {
            made.Dispose();
            throw;
        }
    }

    /// <summary>Gives back one that has brought a mail; any other is disposed of.</summary>
    public void Keep(SmtpConnection connection)
    {
        connection.Mails++;
        connection.UsedAt = time.GetUtcNow();
        if (connection.Mails >= MostMails || !connection.Client.IsConnected)
        {
            connection.Dispose();
            return;
        }

        idle.Push(connection);
        closing.Change(KeptFor, Timeout.InfiniteTimeSpan);
    }

    public void Dispose()
    {
        closing.Dispose();
        CloseIdle();
    }

    private void CloseIdle()
    {
        while (idle.TryPop(out var connection))
        {
            connection.Dispose();
        }
    }

    // The server may have closed it meanwhile.
    private async Task<bool> AnswersAsync(SmtpConnection connection, CancellationToken cancellationToken)
    {
        using var soon = new CancellationTokenSource(options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, soon.Token);
        try
        {
            await connection.Client.NoOpAsync(either.Token);
            return true;
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private SecureSocketOptions Security =>
        options.Security switch
        {
            MailSecurity.StartTls => SecureSocketOptions.StartTls,
            MailSecurity.Tls => SecureSocketOptions.SslOnConnect,
            MailSecurity.None => SecureSocketOptions.None,
            _ => throw new InvalidOperationException($"No such security: {options.Security}."),
        };

    private SmtpClient NewClient()
    {
        var client = new SmtpClient { Timeout = (int)options.Timeout.TotalMilliseconds };
        if (options.TrustedCertificates is { } file)
        {
            client.ServerCertificateValidationCallback = (_, certificate, _, errors) =>
                IsTrusted(certificate, errors, file);
        }

        return client;
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
}

/// <summary>A connection to the mail server, used for one mail at a time.</summary>
internal sealed class SmtpConnection(SmtpClient client) : IDisposable
{
    public SmtpClient Client => client;

    /// <summary>How many mails it has brought.</summary>
    public int Mails { get; set; }

    public DateTimeOffset UsedAt { get; set; }

    // Without a goodbye, for which a server may take its time.
    public void Dispose() => client.Dispose();
}
