using System.Net;
using System.Net.Sockets;
using IdentityProvider.Data;
using IdentityProvider.Mail;
using IdP.Recovery;
using IdP.Recovery.PasswordReset;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Mail;

/// <summary>Threat 25: a mail server that takes connections and says nothing delays nothing but mail.</summary>
public sealed class HangingMailServerTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Access_ends_while_every_worker_for_mail_waits(DatabaseProvider provider)
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        await using var host = await ProviderFixture.StartAsync(
            provider,
            ownMail: true,
            realTime: true,
            services: replaced =>
                replaced.AddSingleton<IOptions<MailOptions>>(
                    new OptionsWrapper<MailOptions>(
                        new()
                        {
                            Host = "127.0.0.1",
                            Port = ((IPEndPoint)server.LocalEndpoint).Port,
                            From = "no-reply@example.test",
                            // Longer than a host may be told, so that none gives up before the test does.
                            Timeout = TimeSpan.FromHours(1),
                        }
                    )
                )
        );
        var account = await host.CreateAccountAsync();
        using var browser = host.NewBrowser();
        await browser.SubmitAsync(
            await browser.GetAsync("/login"),
            ("Email", account.Email),
            ("Password", ProviderFixture.GoodPassword)
        );
        for (var i = 0; i < 20; i++)
        {
            await host.CreateAccountAsync($"person-{i}@example.test", null);
            await host.InScopeAsync(p =>
                p.GetRequiredService<AskForPasswordReset>()
                    .RunAsync($"person-{i}@example.test", Audience.User, new($"192.0.2.{i}", null), Cancelled)
            );
        }

        // Far longer than any machine takes: work that nobody does must fail, not hang.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        patience.CancelAfter(TimeSpan.FromMinutes(2));

        // Somebody is at the mail server's door, and it says nothing.
        using var waiting = await server.AcceptTcpClientAsync(patience.Token);
        await host.InScopeAsync(async p =>
        {
            var work = p.GetRequiredService<UnitOfWork>();
            await work.RunAsync(
                _ =>
                {
                    work.Enqueue("access.end", account.Id);
                    return Task.CompletedTask;
                },
                Cancelled
            );
            return 0;
        });

        await using var context = host.Database.OpenContext();
        while (
            !await context.Set<OutboxEntry>().AnyAsync(e => e.Kind == "access.end" && e.DoneAt != null, patience.Token)
        )
        {
            await Task.Yield();
        }

        // Not one of them had come to an end by then, and not one had been waited for.
        var mails = await context
            .Set<OutboxEntry>()
            .AsNoTracking()
            .Where(e => e.Kind == "password-reset.send")
            .ToListAsync(Cancelled);
        Assert.Equal(20, mails.Count);
        Assert.All(mails, m => Assert.True(m is { DoneAt: null, LastError: null }, m.LastError));
    }
}
