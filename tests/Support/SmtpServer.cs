using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MimeKit;

namespace Tests.Support;

/// <summary>How a mail server meets the next mails.</summary>
internal enum SmtpMode
{
    /// <summary>Keeps them.</summary>
    Accept,

    /// <summary>451: not now.</summary>
    Defer,

    /// <summary>554: never.</summary>
    Refuse,

    /// <summary>Closes the connection in the middle of the mail.</summary>
    Drop,

    /// <summary>Keeps the mail and closes the connection before saying so.</summary>
    Lose,

    /// <summary>Says nothing any more.</summary>
    Stall,
}

/// <summary>How a mail server keeps the way to it secret.</summary>
internal enum SmtpTls
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>When asked to, and it takes no mail before.</summary>
    StartTls,

    /// <summary>From the first byte.</summary>
    Implicit,
}

/// <summary>A real mail server (aiosmtpd) on a free loopback port, in a process of its own.</summary>
internal sealed class SmtpServer : IAsyncDisposable
{
    private readonly Process process;
    private readonly string folder;

    private SmtpServer(Process process, string folder, int port, X509Certificate2? certificate)
    {
        this.process = process;
        this.folder = folder;
        Port = port;
        Certificate = certificate;
    }

    public int Port { get; }

    /// <summary>What it shows; null where it speaks in clear.</summary>
    public X509Certificate2? Certificate { get; }

    /// <summary>Starts a server.</summary>
    /// <param name="tls">Whether it has a certificate.</param>
    /// <param name="name">Whom its certificate names; by default the host that it runs on.</param>
    /// <param name="user">The one who may send mail, as <c>name:password</c>; null lets everybody.</param>
    public static async Task<SmtpServer> StartAsync(
        SmtpTls tls = SmtpTls.None,
        string? name = null,
        string? user = null
    )
    {
        var folder = Directory.CreateTempSubdirectory("idp-smtp-").FullName;
        var certificate = tls == SmtpTls.None ? null : MakeCertificate(name);
        var start = new ProcessStartInfo("/usr/bin/python3")
        {
            ArgumentList = { Repository.PathOf("tests", "Support", "smtp_server.py"), folder },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        if (certificate is not null)
        {
            var file = Path.Combine(folder, "server.pem");
            await File.WriteAllTextAsync(
                file,
                certificate.ExportCertificatePem() + '\n' + certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem()
            );
            start.ArgumentList.Add(tls == SmtpTls.StartTls ? "--starttls" : "--tls");
            start.ArgumentList.Add(file);
        }

        if (user is not null)
        {
            start.ArgumentList.Add("--user");
            start.ArgumentList.Add(user);
        }

        var process = Process.Start(start)!;
        var port =
            await process.StandardOutput.ReadLineAsync()
            ?? throw new InvalidOperationException(
                "No mail server for the tests. Run tests/run, which installs it, or install python3-aiosmtpd."
            );
        return new(process, folder, int.Parse(port, CultureInfo.InvariantCulture), certificate);
    }

    /// <summary>Waits until so many clients have said goodbye.</summary>
    public async Task HasGoodbyesAsync(int count, CancellationToken cancellationToken)
    {
        while (Directory.GetFiles(folder, "*.quit").Length < count)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    /// <summary>Meets the next mails in another way.</summary>
    public Task BehaveAsync(SmtpMode mode) => TellAsync(mode.ToString().ToLowerInvariant());

    /// <summary>Closes every connection, and goes on as before.</summary>
    public Task HangUpAsync() => TellAsync("hangup");

    private async Task TellAsync(string word)
    {
        await process.StandardInput.WriteLineAsync(word);
        await process.StandardInput.FlushAsync();
        if (await process.StandardOutput.ReadLineAsync() != word)
        {
            throw new InvalidOperationException("The mail server has ended.");
        }
    }

    /// <summary>The mails that it kept, oldest first.</summary>
    public IReadOnlyList<MimeMessage> Received =>
        [.. Directory.GetFiles(folder, "*.eml").Order(StringComparer.Ordinal).Select(file => MimeMessage.Load(file))];

    /// <summary>The newest mail that fits, once there are more of these than before.</summary>
    public async Task<MimeMessage> NextAsync(
        Func<MimeMessage, bool> fits,
        int before,
        CancellationToken cancellationToken
    )
    {
        using var arrivals = new SemaphoreSlim(0);
        using var watcher = new FileSystemWatcher(folder);
        watcher.Renamed += (_, _) => arrivals.Release();
        watcher.EnableRaisingEvents = true;
        while (true)
        {
            var found = Received.Where(fits).ToList();
            if (found.Count > before)
            {
                return found[^1];
            }

            await arrivals.WaitAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        process.StandardInput.Close();
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        Certificate?.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private static X509Certificate2 MakeCertificate(string? name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name ?? "localhost"}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name ?? "localhost");
        if (name is null)
        {
            names.AddIpAddress(System.Net.IPAddress.Loopback);
        }

        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(
            new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero),
            new DateTimeOffset(2060, 1, 1, 0, 0, 0, TimeSpan.Zero)
        );
    }
}
