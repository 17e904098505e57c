using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Threading.Channels;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Operations;

/// <summary>
/// Sign-ins, wrong passwords, resets, locks and unlocks of eight people at once, by the real clock and with the scheduler
/// at work: for two minutes, or for as many as <c>IDP_TEST_SOAK_MINUTES</c> says.
/// </summary>
public sealed class MixedLoadTests
{
    private const int People = 8;

    // Each is waited out through its mail, of which there are eight a day.
    private const int LocksEach = 3;

    private readonly ConcurrentDictionary<string, Channel<RecoveryMail>> mailboxes = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static TimeSpan Lasts =>
        TimeSpan.FromMinutes(
            int.Parse(Environment.GetEnvironmentVariable("IDP_TEST_SOAK_MINUTES") ?? "2", CultureInfo.InvariantCulture)
        );

    [Theory, ClassData(typeof(EveryDatabase)), OnlyInSoak]
    public async Task Of_everything_at_once_nothing_fails_and_nothing_is_lost(DatabaseProvider provider)
    {
        var mails = new RecordingMailer
        {
            Delivering = mail => Mailbox(mail.Mail.To.Address).Writer.WriteAsync(mail.Mail, Cancelled).AsTask(),
        };
        await using var host = await ProviderFixture.StartAsync(
            provider,
            [
                ("AccountRecovery:PasswordReset:RequestsPerAddress", "1000"),
                ("AccountRecovery:PasswordReset:RequestsPerNetwork", "100000"),
                ("AccountRecovery:Hashing:PerNetwork", "1000"),
            ],
            ownMail: true,
            realTime: true,
            services: s => s.Replace(ServiceDescriptor.Singleton<IRecoveryMailer>(mails))
        );
        for (var i = 0; i < People; i++)
        {
            await host.CreateAccountAsync(Address(i));
        }

        var watch = Stopwatch.StartNew();
        var rounds = await Task.WhenAll(Enumerable.Range(0, People).Select(i => LiveAsync(host, Address(i), watch)));

        await host.DrainAsync();
        await using var context = host.Database.OpenContext();
        Assert.Empty(await context.Set<OutboxEntry>().Where(e => e.DoneAt == null).ToListAsync(Cancelled));

        var all = rounds.Sum();
        TestContext.Current.TestOutputHelper?.WriteLine($"{all} rounds in {watch.Elapsed.TotalSeconds:0} s");
        Assert.True(all > 0);
        Assert.Equal(all, await CountAsync(context, AuditEventTypes.ResetCompleted));
        var locks = rounds.Sum(r => Math.Min(r, LocksEach));
        Assert.Equal(locks, await CountAsync(context, AuditEventTypes.LockedOut));
        Assert.Equal(locks, await CountAsync(context, AuditEventTypes.Unlocked));
        Assert.Equal(all, mails.Count<RecoveryMail.PasswordResetLink>());
        Assert.Equal(all, mails.Count<RecoveryMail.PasswordChanged>());
        Assert.Equal(locks, mails.Count<RecoveryMail.AccountLocked>());
        await host.InScopeAsync(async p =>
        {
            await p.GetRequiredService<SealAudit>().RunAsync(Cancelled);
            var found = await p.GetRequiredService<VerifyAudit>().RunAsync(null, Cancelled);
            Assert.True(found.Holds, string.Join('\n', found.Flaws));
            return 0;
        });
    }

    // Each round: a mistyped password, a sign-in, a forgotten password, then a lock and its end by mail.
    private async Task<int> LiveAsync(ProviderFixture host, string email, Stopwatch watch)
    {
        var (now, next) = (ProviderFixture.GoodPassword, ProviderFixture.BetterPassword);
        var rounds = 0;
        for (; rounds == 0 || watch.Elapsed < Lasts; rounds++)
        {
            using var browser = host.NewBrowser();
            await SignInAsync(browser, email, "wrong", HttpStatusCode.BadRequest);
            await SignInAsync(browser, email, now, HttpStatusCode.SeeOther);
            Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/account")).Status);

            using var elsewhere = host.NewBrowser();
            await AcceptedAsync(elsewhere, await elsewhere.GetAsync("/reset/user"), ("Email", email));
            var reset = await MailAsync<RecoveryMail.PasswordResetLink>(email);
            var page = await elsewhere.OpenAsync(reset.Link.PathAndQuery);
            await AcceptedAsync(elsewhere, page, ("Password", next));
            await MailAsync<RecoveryMail.PasswordChanged>(email);
            await SignInAsync(elsewhere, email, now, HttpStatusCode.BadRequest);
            if (rounds < LocksEach)
            {
                for (var i = 0; i < 4; i++)
                {
                    await SignInAsync(elsewhere, email, "wrong", HttpStatusCode.BadRequest);
                }

                await SignInAsync(elsewhere, email, next, HttpStatusCode.BadRequest);
                var locked = await MailAsync<RecoveryMail.AccountLocked>(email);
                await AcceptedAsync(elsewhere, await elsewhere.OpenAsync(locked.UnlockLink!.PathAndQuery));
            }

            await SignInAsync(elsewhere, email, next, HttpStatusCode.SeeOther);
            (now, next) = (next, now);
        }

        return rounds;
    }

    private static async Task SignInAsync(TestBrowser browser, string email, string password, HttpStatusCode expected)
    {
        var answer = await browser.SubmitAsync(
            await browser.GetAsync("/login"),
            ("Email", email),
            ("Password", password)
        );
        Assert.Equal(expected, answer.Status);
    }

    private static async Task AcceptedAsync(TestBrowser browser, TestPage page, params (string, string?)[] fields)
    {
        var answer = await browser.SubmitAsync(page, fields);
        Assert.True(
            answer.Status is HttpStatusCode.SeeOther or HttpStatusCode.OK,
            $"{answer.Status}: {answer.Heading}"
        );
    }

    private async Task<TMail> MailAsync<TMail>(string email)
        where TMail : RecoveryMail
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        patience.CancelAfter(TimeSpan.FromMinutes(5));
        return Assert.IsType<TMail>(await Mailbox(email).Reader.ReadAsync(patience.Token));
    }

    private Channel<RecoveryMail> Mailbox(string email) =>
        mailboxes.GetOrAdd(email, _ => Channel.CreateUnbounded<RecoveryMail>());

    private static string Address(int i) => $"person-{i}@example.test";

    private static Task<int> CountAsync(IdpDbContext context, string type) =>
        context.Set<AuditEvent>().CountAsync(e => e.Type == type, Cancelled);
}
