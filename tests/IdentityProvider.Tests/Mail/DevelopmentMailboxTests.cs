using System.Net;
using IdentityProvider.Mail;
using IdP.Recovery;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Ports;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using MimeKit;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Mail;

/// <summary>Mail without a mail server: caught in Development, an error elsewhere.</summary>
public sealed class DevelopmentMailboxTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_reset_asked_for_in_Development_is_read_and_followed_at_dev_mail()
    {
        var folder = Directory.CreateTempSubdirectory("idp-pickup-");
        await using var host = await ProviderFixture.StartAsync(
            environment: "Development",
            ownMail: true,
            settings: [("Mail:PickupDirectory", folder.FullName)],
            services: services => services.WithoutScheduler()
        );
        await host.DrainAsync();
        var seeded = folder.GetFiles().Length;
        await host.CreateAccountAsync("eva@example.test");
        using var browser = host.NewBrowser();
        await RequestAsync(host, "eva@example.test");

        var list = await browser.GetAsync("/dev/mail");
        var mail = await browser.GetAsync(list.Document.QuerySelector("main li a")!.GetAttribute("href")!);
        var frame = mail.Document.QuerySelector("iframe")!;
        var html = await browser.GetAsync(frame.GetAttribute("src")!);
        var link = html.Document.QuerySelector("a[href]")!.GetAttribute("href")!;
        var opened = await browser.OpenAsync(link);

        Assert.Equal("Reset the password of your IdP account", mail.Heading);
        Assert.Equal("allow-popups allow-popups-to-escape-sandbox", frame.GetAttribute("sandbox"));
        Assert.Contains("; sandbox allow-popups", Policy(html), StringComparison.Ordinal);
        Assert.Contains("frame-src " + host.Origin.Scheme, Policy(mail), StringComparison.Ordinal);
        Assert.Contains(link, mail.Document.QuerySelector("pre")!.TextContent, StringComparison.Ordinal);
        Assert.Equal("/reset/password", opened.Address.AbsolutePath);
        var files = folder.GetFiles().OrderBy(f => f.Name, StringComparer.Ordinal).ToList();
        Assert.Equal(seeded + 1, files.Count);
        Assert.All(files, f => Assert.Equal(".eml", f.Extension));
        Assert.Single(
            files,
            f =>
                MimeMessage.Load(f.FullName, Cancelled).TextBody is { } text
                && text.Contains(link, StringComparison.Ordinal)
        );
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task The_mailbox_keeps_the_newest_hundred()
    {
        await using var host = await ProviderFixture.StartAsync(
            environment: "Development",
            ownMail: true,
            services: services => services.WithoutScheduler()
        );
        var mailbox = host.Services.GetRequiredService<DevelopmentMailbox>();

        for (var i = 0; i < DevelopmentMailbox.Most + 1; i++)
        {
            var to = new MailRecipient($"person{i}@example.test", null, null, null);
            await mailbox.SendAsync(SampleMails.Reset(to), $"id-{i}", Cancelled);
        }

        Assert.Equal(DevelopmentMailbox.Most, mailbox.Mails.Count);
        Assert.Equal("person100@example.test", mailbox.Mails[0].To);
        Assert.Equal("person1@example.test", mailbox.Mails[^1].To);
    }

    [Fact]
    public async Task There_is_no_dev_mail_outside_Development()
    {
        await using var host = await ProviderFixture.StartAsync(ownMail: true);
        using var browser = host.NewBrowser();

        Assert.Equal(HttpStatusCode.NotFound, (await browser.GetAsync("/dev/mail")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await browser.GetAsync($"/dev/mail/{Guid.Empty}/html")).Status);
    }

    [Theory]
    [InlineData("Mail:Host", "", "Mail:Host must be set")]
    [InlineData("Mail:From", "nobody", "Mail:From must be an address")]
    [InlineData("Mail:Port", "0", "Mail:Port must be 1 to 65535, but was 0")]
    [InlineData("Mail:Timeout", "00:05:00", "Mail:Timeout must be")]
    [InlineData("Mail:UserName", "idp", "Mail:UserName and Mail:Password must be set together")]
    [InlineData("Mail:TrustedCertificates", "/no/such.pem", "Mail:TrustedCertificates must be")]
    public async Task The_host_does_not_start_with_a_mail_setting_that_cannot_work(
        string name,
        string value,
        string message
    )
    {
        var error = await Assert.ThrowsAsync<OptionsValidationException>(() =>
            ProviderFixture.StartAsync(ownMail: true, settings: [(name, value)])
        );

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mail_in_clear_is_for_a_loopback_server_alone()
    {
        var error = await Assert.ThrowsAsync<OptionsValidationException>(() =>
            ProviderFixture.StartAsync(
                ownMail: true,
                settings: [("Mail:Host", "mail.example.test"), ("Mail:Security", "None")]
            )
        );

        Assert.Contains("Mail:Security must be StartTls or Tls", error.Message, StringComparison.Ordinal);
    }

    internal static async Task RequestAsync(ProviderFixture host, string address = "ada@example.test")
    {
        await host.InScopeAsync(p =>
            p.GetRequiredService<AskForPasswordReset>().RunAsync(address, Audience.User, SampleMails.Origin, Cancelled)
        );
        await host.DrainAsync();
    }

    private static string Policy(TestPage page) => page.Response.Headers.GetValues("Content-Security-Policy").Single();
}
