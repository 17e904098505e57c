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
internal sealed partial class SmtpConnections : IAsyncDisposable, IDisposable
{
    // Servers close what is idle for longer, or brings more.
    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(5);
    private const int MostMails = 50;

    private readonly TimeProvider time;
    private readonly MailOptions options;
    private readonly ILogger<SmtpConnections> logger;
    private readonly ConcurrentStack<SmtpConnection> idle = new();
    private readonly ITimer closing;

    public SmtpConnections(TimeProvider time, IOptions<MailOptions> options, ILogger<SmtpConnections> logger)
    {
        (this.time, this.options, this.logger) = (time, options.Value, logger);
        closing = time.CreateTimer(_ => _ = CloseIdleAsync(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>A connection that answers: one that was kept, or else a new one.</summary>
    public async Task<SmtpConnection> TakeAsync(CancellationToken cancellationToken)
    {
        while (idle.TryPop(out var kept))
        {
            if (await AnswersAsync(kept, cancellationToken))
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
    public async Task KeepAsync(SmtpConnection connection)
    {
        connection.Mails++;
        if (connection.Mails >= MostMails || !connection.Client.IsConnected)
        {
            await LeaveAsync(connection);
            return;
        }

        idle.Push(connection);
        closing.Change(KeptFor, Timeout.InfiniteTimeSpan);
    }

    public async ValueTask DisposeAsync()
    {
        await closing.DisposeAsync();
        await CloseIdleAsync();
    }

    // Where nobody waits for a goodbye.
    public void Dispose()
    {
        closing.Dispose();
        while (idle.TryPop(out var connection))
        {
            connection.Dispose();
        }
    }

    private async Task CloseIdleAsync()
    {
        while (idle.TryPop(out var connection))
        {
            await LeaveAsync(connection);
        }
    }

    /// <summary>Ends one with a goodbye (RFC 5321, 4.1.1.10), and does not fail: the mails are brought.</summary>
    public async Task LeaveAsync(SmtpConnection connection)
    {
        using var soon = new CancellationTokenSource(options.Timeout, time);
        try
        {
            await connection.Client.DisconnectAsync(quit: true, soon.Token);
        }
        catch (Exception exception)
        {
            LogNoGoodbye(exception);
        }
        finally
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

    [LoggerMessage(LogLevel.Debug, "The mail server took the mails and then did not say goodbye")]
    private partial void LogNoGoodbye(Exception exception);
}

/// <summary>A connection to the mail server, used for one mail at a time.</summary>
internal sealed class SmtpConnection(SmtpClient client) : IDisposable
{
    public SmtpClient Client => client;

    /// <summary>How many mails it has brought.</summary>
    public int Mails { get; set; }

    public void Dispose() => client.Dispose();
}
