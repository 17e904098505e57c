using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Factors;
using IdP.Recovery.Lockout;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Passwords;
using IdP.Recovery.Ports;
using Microsoft.Extensions.DependencyInjection;
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

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_code_that_is_right_proves_though_the_connection_closes_while_it_is_looked_at(
        DatabaseProvider provider
    )
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        var phone = await host.EnrollTotpAsync(account.Id);
        var link = await host.RequestTokenAsync(Ada);
        using var closes = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);

        // The clock is asked for the time step of the code, behind the count.
        await host.InScopeAsync(async p =>
        {
            var opened = Assert.IsType<OpenedPasswordReset.Usable>(
                await p.GetRequiredService<OpenPasswordReset>().RunAsync(link, Cancelled)
            );
            p.GetRequiredService<UnitOfWork>().Context.SavedChanges += (_, _) => closes.Cancel();
            return await p.GetRequiredService<ProvePasswordReset>()
                .RunAsync(
                    opened,
                    new FactorProof.Totp(phone.CodeAt(host.Time.GetUtcNow())),
                    RecoveryHost.Origin,
                    closes.Token
                );
        });

        Assert.True(closes.IsCancellationRequested);
        Assert.IsType<CompletedPasswordReset.Done>(await host.CompleteAsync(link));
    }
}
