using IdentityProvider.Data;
using IdP.Recovery.Audit;
using IdP.Recovery.Lockout;
using IdP.Recovery.Passwords;
using IdP.Recovery.Ports;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.SignIn;

/// <summary>Threat 20: a try that nobody waits for any more, or that breaks, locks nobody out without an end.</summary>
public sealed class AbandonedTriesTests
{
    private const string Ada = "ada@example.test";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Tries_whose_connection_closes_lock_with_an_end_a_mail_and_an_event(DatabaseProvider provider)
    {
        CancellationTokenSource? connection = null;
        await using var host = await StartAsync(provider, () => connection?.Cancel());
        await host.CreateAccountAsync(Ada);

        for (var i = 0; i < 5; i++)
        {
            using var closes = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
            connection = closes;
            await host.CallAsync<IPasswords, PasswordCheck>(a =>
                a.CheckAsync(Ada, "wrong", RecoveryHost.Origin, closes.Token)
            );
            Assert.True(closes.IsCancellationRequested);
        }

        connection = null;
        await host.DrainAsync();
        Assert.Equal(1, host.Mails.Count<RecoveryMail.AccountLocked>());
        Assert.Single(await host.RowsAsync<AuditEvent>(), e => e.Type == AuditEventTypes.LockedOut);
        Assert.False(await host.SignsInAsync(Ada, RecoveryHost.GoodPassword));
        host.Time.Advance(TimeSpan.FromMinutes(16));
        Assert.True(await host.SignsInAsync(Ada, RecoveryHost.GoodPassword));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Tries_that_break_after_the_count_lock_with_an_end(DatabaseProvider provider)
    {
        var breaks = true;
        await using var host = await StartAsync(
            provider,
            () =>
            {
                if (breaks)
                {
                    throw new InvalidOperationException("The process dies.");
                }
            }
        );
        await host.CreateAccountAsync(Ada);
        for (var i = 0; i < 5; i++)
        {
            await Assert.ThrowsAsync<InvalidOperationException>(() => host.SignsInAsync(Ada, "wrong"));
        }

        breaks = false;
        var count = Assert.Single(await host.RowsAsync<FailureCount>());
        Assert.Equal(host.Time.GetUtcNow().AddMinutes(15), count.LockedUntil);
        host.Time.Advance(TimeSpan.FromMinutes(15));
        Assert.True(await host.SignsInAsync(Ada, RecoveryHost.GoodPassword));
    }

    private static Task<RecoveryHost> StartAsync(DatabaseProvider provider, Action whileHashing) =>
        RecoveryHost.StartAsync(provider, services => services.WatchHashing(whileHashing));
}
