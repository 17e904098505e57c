using System.Net;
using System.Net.Sockets;
using IdentityProvider.Mail;
using IdP.Recovery;
using IdP.Recovery.Ports;
using IdP.UI.Branding;
using IdP.UI.Mail;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using MimeKit;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Mail;

/// <summary>The host's mailer against a real mail server.</summary>
[StartsProcesses]
public sealed class SmtpRecoveryMailerTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 14, 9, 27, 0, TimeSpan.Zero);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_mail_goes_out_over_STARTTLS_with_text_and_HTML()
    {
        await using var server = await SmtpServer.StartAsync(SmtpTls.StartTls);
        using var trusted = new TrustedFile(server);

        await SendAsync(Options(server, MailSecurity.StartTls, trusted.Path));

        var mail = Assert.Single(server.Received);
        Assert.Equal("no-reply@example.test", Assert.Single(mail.From.Mailboxes).Address);
        Assert.Equal("ada@example.test", Assert.Single(mail.To.Mailboxes).Address);
        Assert.Equal("Reset the password of your Kontoland account", mail.Subject);
        Assert.Equal("auto-generated", mail.Headers[HeaderId.AutoSubmitted]);
        Assert.Equal("en", mail.Body!.Headers[HeaderId.ContentLanguage]);
        Assert.Equal("id-1@login.example.test", mail.MessageId);
        Assert.Equal(Now, mail.Date);
        Assert.Equal(
            ["text/plain", "text/html"],
            Assert.IsType<MultipartAlternative>(mail.Body).Select(p => p.ContentType.MimeType)
        );
        Assert.Contains(SampleMails.Link, mail.TextBody, StringComparison.Ordinal);
        Assert.Contains(SampleMails.Link, mail.HtmlBody, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_without_STARTTLS_gets_nothing()
    {
        await using var server = await SmtpServer.StartAsync();

        await Assert.ThrowsAsync<NotSupportedException>(() => SendAsync(Options(server, MailSecurity.StartTls)));

        Assert.Empty(server.Received);
    }

    [Fact]
    public async Task A_server_whose_certificate_nobody_vouches_for_gets_nothing()
    {
        await using var server = await SmtpServer.StartAsync(SmtpTls.StartTls);

        await Assert.ThrowsAsync<SslHandshakeException>(() => SendAsync(Options(server, MailSecurity.StartTls)));

        Assert.Empty(server.Received);
    }

    [Fact]
    public async Task A_server_that_shows_another_certificate_gets_nothing()
    {
        await using var server = await SmtpServer.StartAsync(SmtpTls.StartTls);
        await using var other = await SmtpServer.StartAsync(SmtpTls.StartTls);
        using var trusted = new TrustedFile(other);

        await Assert.ThrowsAsync<SslHandshakeException>(() =>
            SendAsync(Options(server, MailSecurity.StartTls, trusted.Path))
        );

        Assert.Empty(server.Received);
    }

    [Theory]
    [InlineData("StartTls")]
    [InlineData("Tls")]
    public async Task A_server_whose_certificate_has_another_name_gets_nothing(string security)
    {
        var way = Enum.Parse<MailSecurity>(security);
        await using var server = await SmtpServer.StartAsync(Of(way), "mail.other.test");
        using var trusted = new TrustedFile(server);

        await Assert.ThrowsAsync<SslHandshakeException>(() => SendAsync(Options(server, way, trusted.Path)));

        Assert.Empty(server.Received);
    }

    [Fact]
    public async Task A_mail_goes_out_over_TLS_from_the_first_byte()
    {
        await using var server = await SmtpServer.StartAsync(SmtpTls.Implicit);
        using var trusted = new TrustedFile(server);

        await Assert.ThrowsAnyAsync<Exception>(() => SendAsync(Options(server, MailSecurity.StartTls, trusted.Path)));
        await Assert.ThrowsAsync<SslHandshakeException>(() => SendAsync(Options(server, MailSecurity.Tls)));
        Assert.Empty(server.Received);
        await SendAsync(Options(server, MailSecurity.Tls, trusted.Path));

        Assert.Single(server.Received);
    }

    [Theory]
    [InlineData("StartTls")]
    [InlineData("Tls")]
    public async Task The_host_signs_in_to_a_server_that_asks_who_it_is(string security)
    {
        var way = Enum.Parse<MailSecurity>(security);
        await using var server = await SmtpServer.StartAsync(Of(way), user: "idp:geheim & süß");
        using var trusted = new TrustedFile(server);

        var nobody = await Assert.ThrowsAnyAsync<Exception>(() => SendAsync(Options(server, way, trusted.Path)));
        Assert.IsType<ServiceNotAuthenticatedException>(nobody);
        var wrong = await Assert.ThrowsAsync<AuthenticationException>(() =>
            SendAsync(Options(server, way, trusted.Path, "idp", "another password"))
        );
        Assert.DoesNotContain("another password", wrong.ToString(), StringComparison.Ordinal);
        Assert.Empty(server.Received);

        await SendAsync(Options(server, way, trusted.Path, "idp", "geheim & süß"));

        Assert.Single(server.Received);
    }

    [Theory]
    [InlineData("Defer")]
    [InlineData("Refuse")]
    [InlineData("Drop")]
    public async Task A_mail_that_is_not_accepted_throws(string mode)
    {
        await using var server = await SmtpServer.StartAsync();
        await server.BehaveAsync(Enum.Parse<SmtpMode>(mode));

        await Assert.ThrowsAnyAsync<Exception>(() => SendAsync(Options(server)));

        Assert.Empty(server.Received);
    }

    [Fact]
    public async Task A_refusal_is_told_apart()
    {
        await using var server = await SmtpServer.StartAsync();
        await server.BehaveAsync(SmtpMode.Refuse);

        var refused = await Assert.ThrowsAsync<SmtpCommandException>(() => SendAsync(Options(server)));

        Assert.Equal(SmtpStatusCode.TransactionFailed, refused.StatusCode);
    }

    [Fact]
    public async Task A_mail_whose_acceptance_was_lost_has_the_same_Message_ID_when_it_is_sent_again()
    {
        await using var server = await SmtpServer.StartAsync();
        await server.BehaveAsync(SmtpMode.Lose);
        await Assert.ThrowsAnyAsync<Exception>(() => SendAsync(Options(server)));
        await server.BehaveAsync(SmtpMode.Accept);

        await SendAsync(Options(server));

        Assert.Equal(["id-1@login.example.test", "id-1@login.example.test"], server.Received.Select(m => m.MessageId));
    }

    [Fact]
    public async Task A_server_that_falls_silent_in_the_middle_ends_the_try_in_time()
    {
        await using var server = await SmtpServer.StartAsync();
        await server.BehaveAsync(SmtpMode.Stall);

        await Assert
            .ThrowsAsync<TimeoutException>(() => SendAsync(Options(server)))
            .WaitAsync(TimeSpan.FromSeconds(20), Cancelled);
    }

    [Fact]
    public async Task A_server_that_never_greets_ends_the_try_in_time()
    {
        using var mute = new TcpListener(IPAddress.Loopback, 0);
        mute.Start();
        var port = ((IPEndPoint)mute.LocalEndpoint).Port;

        await Assert
            .ThrowsAsync<TimeoutException>(() =>
                SendAsync(
                    new MailOptions
                    {
                        Host = "127.0.0.1",
                        Port = port,
                        Security = MailSecurity.None,
                        From = "no-reply@example.test",
                        Timeout = TimeSpan.FromSeconds(1),
                    }
                )
            )
            .WaitAsync(TimeSpan.FromSeconds(20), Cancelled);
    }

    [Fact]
    public async Task Mails_that_follow_each_other_share_a_connection_and_one_that_has_gone_is_not_missed()
    {
        await using var server = await SmtpServer.StartAsync();
        await WithMailerAsync(
            Options(server),
            async (mailer, time) =>
            {
                Task SendAsync(string id) => mailer.SendAsync(SampleMails.Reset(SampleMails.To("en")), id, Cancelled);

                await SendAsync("1");
                await SendAsync("2");
                await server.BehaveAsync(SmtpMode.Defer);
                await Assert.ThrowsAsync<SmtpCommandException>(() => SendAsync("3"));
                await server.BehaveAsync(SmtpMode.Accept);
                await SendAsync("4");
                time.Advance(TimeSpan.FromSeconds(5));
                await SendAsync("5");
            }
        );

        // Each that was not broken off says goodbye, RFC 5321, 4.1.1.10.
        await server.HasGoodbyesAsync(3, Cancelled);
        var peers = server.Received.Select(m => m.Headers["X-Peer-Port"]).ToList();
        Assert.Equal(4, peers.Count);
        Assert.Equal(peers[0], peers[1]);
        Assert.NotEqual(peers[1], peers[2]);
        Assert.NotEqual(peers[2], peers[3]);
    }

    [Fact]
    public async Task A_connection_that_the_server_has_closed_meanwhile_costs_no_mail()
    {
        await using var server = await SmtpServer.StartAsync();
        await WithMailerAsync(
            Options(server),
            async (mailer, _) =>
            {
                await mailer.SendAsync(SampleMails.Reset(SampleMails.To("en")), "1", Cancelled);
                await server.HangUpAsync();
                await mailer.SendAsync(SampleMails.Reset(SampleMails.To("en")), "2", Cancelled);
            }
        );

        Assert.Equal(2, server.Received.Count);
    }

    [Theory]
    [InlineData("ada@example.test\r\nRCPT TO:<eve@example.test>")]
    [InlineData("ada@example.test, eve@example.test")]
    [InlineData("Ada <ada@example.test>")]
    public async Task An_address_that_is_more_than_one_is_mailed_to_nobody(string address)
    {
        await using var server = await SmtpServer.StartAsync();
        var to = new MailRecipient(address, null, null, null);

        await Assert.ThrowsAsync<InvalidOperationException>(() => SendAsync(Options(server), SampleMails.Reset(to)));

        Assert.Empty(server.Received);
    }

    [Fact]
    public async Task A_name_with_line_breaks_adds_no_header()
    {
        await using var server = await SmtpServer.StartAsync();
        var to = SampleMails.To("en", "Ada\r\nBcc: eve\r\n\r\nHi");

        await SendAsync(Options(server), SampleMails.Reset(to));

        var mail = Assert.Single(server.Received);
        Assert.Empty(mail.Bcc);
        Assert.Equal("Ada Bcc: eve Hi", Assert.Single(mail.To.Mailboxes).Name);
    }

    private static SmtpTls Of(MailSecurity security) =>
        security == MailSecurity.Tls ? SmtpTls.Implicit : SmtpTls.StartTls;

    private static MailOptions Options(
        SmtpServer server,
        MailSecurity security = MailSecurity.None,
        string? trusted = null,
        string? user = null,
        string? password = null
    ) =>
        new()
        {
            Host = "127.0.0.1",
            Port = server.Port,
            Security = security,
            TrustedCertificates = trusted,
            UserName = user,
            Password = password,
            From = "no-reply@example.test",
            Timeout = TimeSpan.FromSeconds(2),
        };

    private static Task SendAsync(MailOptions options, RecoveryMail? mail = null) =>
        WithMailerAsync(
            options,
            (mailer, _) => mailer.SendAsync(mail ?? SampleMails.Reset(SampleMails.To("en")), "id-1", Cancelled)
        );

    private static async Task WithMailerAsync(MailOptions options, Func<SmtpRecoveryMailer, FakeTimeProvider, Task> use)
    {
        var time = new FakeTimeProvider(Now);
        await using var services = new ServiceCollection().BuildServiceProvider();
        var branding = Microsoft.Extensions.Options.Options.Create(new BrandingOptions { Name = "Kontoland" });
        var origin = Microsoft.Extensions.Options.Options.Create(
            new OriginOptions { Origin = new Uri("https://login.example.test") }
        );
        var renderer = new MailRenderer(
            services.GetRequiredService<IServiceScopeFactory>(),
            NullLoggerFactory.Instance,
            branding,
            origin
        );
        var checkedOptions = Microsoft.Extensions.Options.Options.Create(options);
        await using var connections = new SmtpConnections(time, checkedOptions, NullLogger<SmtpConnections>.Instance);
        var mailer = new SmtpRecoveryMailer(
            new MailMessages(renderer, time, checkedOptions, origin, branding),
            connections,
            time,
            checkedOptions
        );
        await use(mailer, time);
    }

    /// <summary>A server's certificate as a PEM file.</summary>
    private sealed class TrustedFile : IDisposable
    {
        public TrustedFile(SmtpServer server) => File.WriteAllText(Path, server.Certificate!.ExportCertificatePem());

        public string Path { get; } = System.IO.Path.GetTempFileName();

        public void Dispose() => File.Delete(Path);
    }
}
