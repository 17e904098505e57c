using System.Text.RegularExpressions;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using MimeKit;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Mail;

/// <summary>A mail server that is away loses no mail.</summary>
[StartsProcesses]
public sealed partial class OutboxRetryTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_refused_mail_goes_out_later_with_the_same_link_and_Message_ID(DatabaseProvider provider)
    {
        await using var server = await SmtpServer.StartAsync();
        await using var host = await StartAsync(server, provider);
        await host.CreateAccountAsync();
        await server.BehaveAsync(SmtpMode.Lose);
        await DevelopmentMailboxTests.RequestAsync(host);
        await server.BehaveAsync(SmtpMode.Defer);
        await AdvanceAsync(host, TimeSpan.FromSeconds(10));
        var before = server.Received.Count;
        await server.BehaveAsync(SmtpMode.Accept);

        await AdvanceAsync(host, TimeSpan.FromSeconds(30));
        await AdvanceAsync(host, TimeSpan.FromHours(1));

        Assert.Equal(1, before);
        Assert.Equal(2, server.Received.Count);
        Assert.Single(server.Received.Select(Link).Distinct());
        Assert.Single(server.Received.Select(m => m.MessageId).Distinct());
        using var browser = host.NewBrowser();
        var opened = await browser.GetAsync(Link(server.Received[1]));
        Assert.Equal("/reset/password", new Uri(opened.RedirectsTo!).AbsolutePath);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Work_given_up_on_is_shown_to_an_administrator_and_retried_by_a_click(DatabaseProvider provider)
    {
        await using var server = await SmtpServer.StartAsync();
        await using var host = await StartAsync(server, provider);
        await host.CreateAccountAsync("root@example.test", administrator: true);
        await host.CreateAccountAsync();
        await server.BehaveAsync(SmtpMode.Refuse);
        await DevelopmentMailboxTests.RequestAsync(host);
        using var browser = host.NewBrowser();
        Assert.Contains("Nothing was given up on", (await SignInAsync(browser)).Text, StringComparison.Ordinal);
        // Not whole hours: a try would be due at the very end of the time that there is, and the link be over by then.
        for (var steps = 0; steps < 30; steps++)
        {
            await AdvanceAsync(host, TimeSpan.FromMinutes(61));
        }

        using var later = host.NewBrowser();
        var page = await SignInAsync(later);
        Assert.Contains("Link to reset a password", page.Text, StringComparison.Ordinal);
        Assert.Contains("The mail server refused it", page.Text, StringComparison.Ordinal);
        await server.BehaveAsync(SmtpMode.Accept);

        var after = await later.FollowAsync(await later.SubmitAsync(page, ("id", IdIn(page))));
        await host.DrainAsync();

        Assert.Contains("It is tried again now.", after.Text, StringComparison.Ordinal);
        Assert.Contains("Nothing was given up on", after.Text, StringComparison.Ordinal);
        var entry = await EntryAsync(host);
        Assert.Null(entry.GivenUpAt);
        Assert.NotNull(entry.DoneAt);
    }

    [Fact]
    public async Task What_was_retried_is_tried_for_as_long_again()
    {
        await using var server = await SmtpServer.StartAsync();
        await using var host = await StartAsync(server, DatabaseProvider.Sqlite);
        await server.BehaveAsync(SmtpMode.Refuse);
        var kind = "test.mail";
        var id = await host.InScopeAsync(async p =>
        {
            var work = p.GetRequiredService<UnitOfWork>();
            await work.RunAsync(
                token =>
                {
                    work.Enqueue(kind, "x");
                    return Task.CompletedTask;
                },
                Cancelled
            );
            return (await p.GetRequiredService<IdpDbContext>().Set<OutboxEntry>().SingleAsync(Cancelled)).Id;
        });
        for (var hours = 0; hours < 27; hours++)
        {
            await AdvanceAsync(host, TimeSpan.FromHours(1));
        }

        Assert.NotNull((await EntryAsync(host)).GivenUpAt);
        var first = await RetryAsync(host, id);
        var second = await RetryAsync(host, id);
        await host.DrainAsync();
        var failedAgain = await EntryAsync(host);
        await server.BehaveAsync(SmtpMode.Accept);
        await AdvanceAsync(host, TimeSpan.FromHours(5));

        Assert.True(first);
        Assert.False(second);
        Assert.Null(failedAgain.GivenUpAt);
        Assert.NotNull((await EntryAsync(host)).DoneAt);
        Assert.Single(server.Received);
    }

    private static Task<ProviderFixture> StartAsync(SmtpServer server, DatabaseProvider provider) =>
        ProviderFixture.StartAsync(
            provider,
            settings:
            [
                ("Mail:Host", "127.0.0.1"),
                ("Mail:Port", $"{server.Port}"),
                ("Mail:Security", "None"),
                ("AccountRecovery:Mfa:RequiredFor", "Nobody"),
            ],
            ownMail: true,
            services: services =>
            {
                services.WithoutScheduler();
                services.AddOutboxHandler<SendSample>("test.mail", OutboxLane.Mail);
            }
        );

    private static async Task AdvanceAsync(ProviderFixture host, TimeSpan by)
    {
        host.Time.Advance(by);
        await host.DrainAsync();
    }

    private static Task<bool> RetryAsync(ProviderFixture host, Guid id) =>
        host.InScopeAsync(p =>
            p.GetRequiredService<UnfinishedWork>().RetryAsync(id, "root", Requester.None, Cancelled)
        );

    private static Task<OutboxEntry> EntryAsync(ProviderFixture host) =>
        host.InScopeAsync(p =>
            p.GetRequiredService<IdpDbContext>().Set<OutboxEntry>().AsNoTracking().SingleAsync(Cancelled)
        );

    private static async Task<TestPage> SignInAsync(TestBrowser browser)
    {
        var page = await browser.OpenAsync("/login/administrator?returnUrl=/admin/mail");
        return await browser.FollowAsync(
            await browser.SubmitAsync(page, ("Email", "root@example.test"), ("Password", ProviderFixture.GoodPassword))
        );
    }

    private static string IdIn(TestPage page) => page.Document.QuerySelector("input[name=id]")!.GetAttribute("value")!;

    private static string Link(MimeMessage mail) => Links().Match(mail.TextBody!).Value;

    [GeneratedRegex(@"http://\S+/reset/open\?token=\S+")]
    private static partial Regex Links();

    private sealed class SendSample(IRecoveryMailer mailer) : IOutboxHandler
    {
        public Task HandleAsync(OutboxEntry entry, CancellationToken cancellationToken) =>
            mailer.SendAsync(SampleMails.Reset(SampleMails.To("en")), entry.Id.ToString("n"), cancellationToken);
    }
}
