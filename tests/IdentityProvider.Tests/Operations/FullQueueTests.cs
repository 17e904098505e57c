using System.Net;
using IdentityProvider.Clients;
using IdP.Recovery.Passwords;
using IdP.Recovery.Ports;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Operations;

/// <summary>A flood of sign-ins fills the hashing queue: it is told so, and starves nobody else.</summary>
public sealed class FullQueueTests
{
    private const string Ada = "ada@example.test";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_full_queue_answers_503_keeps_what_there_was_and_lets_other_pages_through()
    {
        await using var host = await ProviderFixture.StartAsync(
            scheduler: true,
            settings: [("AccountRecovery:Hashing:Parallel", "1"), ("AccountRecovery:Hashing:Waiting", "1")]
        );
        await host.CreateAccountAsync();
        using var browser = host.NewBrowser();
        await browser.SubmitAsync(await browser.GetAsync("/reset/user"), ("Email", Ada));
        await host.DrainAsync();
        var link = host.Mails.Last<RecoveryMail.PasswordResetLink>().Link;
        var password = await browser.OpenAsync(link.ToString());
        var signIn = await browser.GetAsync("/login");

        using var release = new ManualResetEventSlim();
        var queue = host.Services.GetRequiredService<HashingQueue>();
        Task<bool>[] flood =
        [
            queue.RunAsync(() => release.Wait(TimeSpan.FromMinutes(1)), Cancelled),
            queue.RunAsync(() => release.Wait(TimeSpan.FromMinutes(1)), Cancelled),
        ];
        try
        {
            // More often than what locks an account.
            for (var i = 0; i < 6; i++)
            {
                IsTurnedAway(
                    await browser.SubmitAsync(signIn, ("Email", Ada), ("Password", ProviderFixture.GoodPassword))
                );
            }

            IsTurnedAway(
                await browser.SubmitAsync(
                    signIn,
                    ("Email", "nobody@example.test"),
                    ("Password", ProviderFixture.GoodPassword)
                )
            );
            IsTurnedAway(await browser.SubmitAsync(password, ("Password", ProviderFixture.BetterPassword)));

            foreach (var path in (string[])["/login", "/supported-browsers", "/health/ready", "/.well-known/jwks"])
            {
                Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync(path)).Status);
            }

            Assert.Equal(
                HttpStatusCode.SeeOther,
                (
                    await browser.SubmitAsync(await browser.GetAsync("/reset/user"), ("Email", "grace@example.test"))
                ).Status
            );
        }
        finally
        {
            release.Set();
            await Task.WhenAll(flood);
        }

        // Neither a try is counted nor the link used up by what was turned away.
        Assert.Equal(
            HttpStatusCode.SeeOther,
            (await browser.SubmitAsync(signIn, ("Email", Ada), ("Password", ProviderFixture.GoodPassword))).Status
        );
        using var later = host.NewBrowser();
        var again = await later.OpenAsync(link.ToString());
        var done = await later.SubmitAsync(again, ("Password", ProviderFixture.BetterPassword));
        Assert.Equal("Your password is changed", (await later.FollowAsync(done)).Heading);
    }

    private static void IsTurnedAway(TestPage page)
    {
        Assert.True(page.Status == HttpStatusCode.ServiceUnavailable, page.Status + page.Text);
        Assert.Equal(HashingQueueFullException.RetryAfter, page.Response.Headers.RetryAfter!.Delta);
        Assert.NotNull(page.Heading);
    }

    [Fact]
    public async Task One_network_cannot_fill_the_queue_for_the_others()
    {
        await using var host = await ProviderFixture.StartAsync(
            settings:
            [
                ("AccountRecovery:Hashing:Parallel", "1"),
                ("AccountRecovery:Hashing:Waiting", "8"),
                ("AccountRecovery:Hashing:PerNetwork", "2"),
            ]
        );
        await host.CreateAccountAsync();
        var queue = host.Services.GetRequiredService<HashingQueue>();
        using var release = new ManualResetEventSlim();
        var busy = queue.RunAsync(() => release.Wait(TimeSpan.FromMinutes(1)), Cancelled);
        var flood = Enumerable.Range(0, 2).Select(_ => SignInAsync(host, "198.51.100.7", "wrong")).ToList();
        while (queue.Length < 3)
        {
            await Task.Yield();
        }

        await Assert.ThrowsAsync<HashingQueueFullException>(() => SignInAsync(host, "198.51.100.7", "wrong"));
        var other = SignInAsync(host, "203.0.113.9", ProviderFixture.GoodPassword);
        release.Set();

        Assert.True(await other);
        await Task.WhenAll(flood);
        Assert.True(await SignInAsync(host, "198.51.100.7", ProviderFixture.GoodPassword));
        await busy;
    }

    [Fact]
    public async Task Nor_can_one_that_guesses_a_clients_secret()
    {
        const string Secret = "a secret that a person thought of";
        await using var host = await ProviderFixture.StartAsync(
            settings:
            [
                ("AccountRecovery:Hashing:Parallel", "1"),
                ("AccountRecovery:Hashing:Waiting", "8"),
                ("AccountRecovery:Hashing:PerNetwork", "2"),
            ]
        );
        var secrets = host.Services.GetRequiredService<ClientSecrets>();
        var hash = await secrets.HashAsync(Secret, Cancelled);
        var queue = host.Services.GetRequiredService<HashingQueue>();
        using var release = new ManualResetEventSlim();
        var busy = queue.RunAsync(() => release.Wait(TimeSpan.FromMinutes(1)), Cancelled);
        var flood = Enumerable.Range(0, 2).Select(_ => VerifyAsync("198.51.100.7", "wrong")).ToList();
        while (queue.Length < 3)
        {
            await Task.Yield();
        }

        await Assert.ThrowsAsync<HashingQueueFullException>(() => VerifyAsync("198.51.100.7", "wrong"));
        var other = VerifyAsync("203.0.113.9", Secret);
        release.Set();

        Assert.True(await other);
        Assert.DoesNotContain(true, await Task.WhenAll(flood));
        Assert.True(await VerifyAsync("198.51.100.7", Secret));
        await busy;

        async Task<bool> VerifyAsync(string client, string secret)
        {
            host.Services.GetRequiredService<IHttpContextAccessor>().HttpContext = new DefaultHttpContext
            {
                Connection = { RemoteIpAddress = IPAddress.Parse(client) },
            };
            return await secrets.VerifyAsync(secret, hash, Cancelled);
        }
    }

    private static Task<bool> SignInAsync(ProviderFixture host, string client, string password) =>
        host.InScopeAsync(async p =>
            await p.GetRequiredService<IPasswords>().CheckAsync(Ada, password, new(client, null), Cancelled)
            is PasswordCheck.Accepted
        );
}
