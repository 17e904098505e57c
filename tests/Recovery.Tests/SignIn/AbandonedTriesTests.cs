using System.Data.Common;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Factors;
using IdP.Recovery.Factors.Passkeys;
using IdP.Recovery.Lockout;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Passwords;
using IdP.Recovery.Ports;
using IdP.Recovery.SignIn;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Recovery.Tests.Factors.Passkeys;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.SignIn;

/// <summary>Threat 20: a try that nobody waits for any more, or that breaks, locks nobody out without an end.</summary>
public sealed class AbandonedTriesTests
{
    private const string Ada = "ada@example.test";
    private const string WhenCounted = "INSERT INTO \"RecoveryFailureCounts\"";

    // Behind the challenge.
    private const string WhenLookedAt = "AspNetUserPasskeys";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Tries_whose_connection_closes_lock_with_an_end_a_mail_and_an_event(DatabaseProvider provider)
    {
        var hangsUp = new HangsUp(WhenCounted);
        await using var host = await RecoveryHost.StartAsync(provider, hangsUp.Watch);
        await host.CreateAccountAsync(Ada);

        for (var i = 0; i < 5; i++)
        {
            await host.CallAsync<IPasswords, PasswordCheck>(a =>
                a.CheckAsync(Ada, "wrong", RecoveryHost.Origin, hangsUp.Connection())
            );
            Assert.True(hangsUp.HasHungUp);
        }

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
        await using var host = await RecoveryHost.StartAsync(
            provider,
            services =>
                services.WatchHashing(() =>
                {
                    if (breaks)
                    {
                        throw new InvalidOperationException("The process dies.");
                    }
                })
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

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_code_that_is_right_proves_though_the_connection_closes_while_it_is_counted(
        DatabaseProvider provider
    )
    {
        var hangsUp = new HangsUp(WhenCounted);
        await using var host = await RecoveryHost.StartAsync(provider, hangsUp.Watch);
        var account = await host.CreateAccountAsync(Ada);
        var phone = await host.EnrollTotpAsync(account.Id);
        var link = await host.RequestTokenAsync(Ada);

        await host.InScopeAsync(async p =>
        {
            var opened = Assert.IsType<OpenedPasswordReset.Usable>(
                await p.GetRequiredService<OpenPasswordReset>().RunAsync(link, Cancelled)
            );
            return await p.GetRequiredService<ProvePasswordReset>()
                .RunAsync(
                    opened,
                    new FactorProof.Totp(phone.CodeAt(host.Time.GetUtcNow())),
                    RecoveryHost.Origin,
                    hangsUp.Connection()
                );
        });

        Assert.True(hangsUp.HasHungUp);
        Assert.IsType<CompletedPasswordReset.Done>(await host.CompleteAsync(link));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_copy_of_a_passkey_is_told_though_its_holder_hangs_up(DatabaseProvider provider)
    {
        var hangsUp = new HangsUp(WhenLookedAt);
        await using var host = await RecoveryHost.StartAsync(provider, hangsUp.Watch);
        var (_, authenticator) = await host.EnrollAsync();
        using var held = authenticator;
        var ceremony = await host.BeginUseAsync(null);
        held.SignCount = 0;
        var answer = held.Use(ceremony.OptionsJson);

        await host.InBrowserAsync(
            new Jar(),
            (p, http) =>
                p.GetRequiredService<SignInWithPasskey>()
                    .RunAsync(
                        http,
                        PasskeyHost.Proof(ceremony, answer),
                        Audience.User,
                        RecoveryHost.Origin,
                        hangsUp.Connection()
                    )
        );

        Assert.True(hangsUp.HasHungUp);
        var events = await host.RowsAsync<AuditEvent>();
        Assert.Contains(events, e => e.Type == AuditEventTypes.PasskeyCopied);
        Assert.Contains(events, e => e.Type == AuditEventTypes.SignInFailed);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_passkey_that_is_refused_is_audited_though_its_maker_hangs_up(DatabaseProvider provider)
    {
        var hangsUp = new HangsUp(WhenLookedAt);
        await using var host = await RecoveryHost.StartAsync(provider, hangsUp.Watch);
        var (ada, authenticator) = await host.EnrollAsync();
        using var held = authenticator;
        var ceremony = await host.BeginCreateAsync(ada);

        // It is there already.
        await host.CallAsync<CreatePasskey, CreatedPasskey>(c =>
            c.FinishAsync(
                ada,
                PasskeyHost.Session,
                ceremony.State,
                held.Create(ceremony.OptionsJson),
                "Laptop",
                RecoveryHost.Origin,
                hangsUp.Connection()
            )
        );

        Assert.True(hangsUp.HasHungUp);
        Assert.Contains(await host.RowsAsync<AuditEvent>(), e => e.Type == AuditEventTypes.PasskeyRefused);
    }

    // Closes the connection when the database is asked this.
    private sealed class HangsUp(string when) : DbCommandInterceptor
    {
        private CancellationTokenSource? connection;

        public bool HasHungUp => connection?.IsCancellationRequested == true;

        public CancellationToken Connection() =>
            (connection = CancellationTokenSource.CreateLinkedTokenSource(Cancelled)).Token;

        public void Watch(IServiceCollection services)
        {
            services.ConfigureDbContext<SqliteIdpDbContext>(o => o.AddInterceptors(this));
            services.ConfigureDbContext<PostgreSqlIdpDbContext>(o => o.AddInterceptors(this));
        }

        public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
            DbCommand command,
            CommandEventData eventData,
            InterceptionResult<DbDataReader> result,
            CancellationToken cancellationToken = default
        )
        {
            HangUp(command, cancellationToken);
            return base.ReaderExecutingAsync(command, eventData, result, cancellationToken);
        }

        public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
            DbCommand command,
            CommandEventData eventData,
            InterceptionResult<int> result,
            CancellationToken cancellationToken = default
        )
        {
            HangUp(command, cancellationToken);
            return base.NonQueryExecutingAsync(command, eventData, result, cancellationToken);
        }

        private void HangUp(DbCommand command, CancellationToken cancellationToken)
        {
            if (command.CommandText.Contains(when, StringComparison.Ordinal))
            {
                connection?.Cancel();
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }
}
