using System.Data.Common;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Lockout;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.SignIn;

/// <summary>
/// Threat 11 where no clock is needed: what a failed sign-in asks of the database, statement by statement and commit by
/// commit.
/// </summary>
public sealed class SameCostTests
{
    private const string Ada = "ada@example.test";
    private const string Nobody = "nobody@example.test";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_failed_sign_in_costs_the_same_with_and_without_an_account_past_every_lock(
        DatabaseProvider provider
    )
    {
        var log = new StatementLog();
        await using var host = await StartAsync(provider, log);
        await host.CreateAccountAsync(Ada);
        for (var i = 1; i <= 16; i++)
        {
            log.Lines.Clear();
            Assert.False(await host.SignsInAsync(Ada, "wrong"));
            var known = log.Lines.ToList();
            log.Lines.Clear();
            Assert.False(await host.SignsInAsync(Nobody, "wrong"));

            Assert.Contains(known, line => line.StartsWith("commit", StringComparison.Ordinal));
            Assert.Equal(known, log.Lines);

            // Once while it is closed, then when it is open again.
            if (i % 6 == 0)
            {
                host.Time.Advance(TimeSpan.FromDays(1));
            }
        }
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_lock_without_an_account_is_told_to_nobody_and_forgotten_in_the_end(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider, new());
        for (var i = 0; i < 5; i++)
        {
            await host.SignsInAsync(Nobody, "wrong");
        }

        await host.DrainAsync();

        Assert.Empty(host.Mails.Sent);
        Assert.All(await host.RowsAsync<OutboxEntry>(), e => Assert.NotNull(e.DoneAt));
        Assert.All(await host.RowsAsync<AuditEvent>(), e => Assert.Null(e.AccountId));
        var count = Assert.Single(await host.RowsAsync<FailureCount>());
        Assert.DoesNotContain("nobody", count.AccountId, StringComparison.OrdinalIgnoreCase);

        await PruneAsync(host);
        Assert.Single(await host.RowsAsync<FailureCount>());
        host.Time.Advance(TimeSpan.FromDays(31));
        await PruneAsync(host);
        Assert.Empty(await host.RowsAsync<FailureCount>());
    }

    private static Task<RecoveryHost> StartAsync(DatabaseProvider provider, StatementLog log) =>
        RecoveryHost.StartAsync(
            provider,
            services =>
            {
                services.ConfigureDbContext<SqliteIdpDbContext>(o => o.AddInterceptors(log));
                services.ConfigureDbContext<PostgreSqlIdpDbContext>(o => o.AddInterceptors(log));
            },
            ("AccountRecovery:Lockout:FailuresEver", "13")
        );

    private static Task<bool> PruneAsync(RecoveryHost host) =>
        host.CallAsync<PruneRecovery, bool>(async p =>
        {
            await p.RunAsync(Cancelled);
            return true;
        });

    private sealed class StatementLog : DbCommandInterceptor, IDbTransactionInterceptor
    {
        public List<string> Lines { get; } = [];

        public override ValueTask<int> NonQueryExecutedAsync(
            DbCommand command,
            CommandExecutedEventData eventData,
            int result,
            CancellationToken cancellationToken = default
        )
        {
            Lines.Add($"{command.CommandText}: {result}");
            return new(result);
        }

        public override ValueTask<DbDataReader> ReaderExecutedAsync(
            DbCommand command,
            CommandExecutedEventData eventData,
            DbDataReader result,
            CancellationToken cancellationToken = default
        )
        {
            Lines.Add(command.CommandText);
            return new(result);
        }

        public Task TransactionCommittedAsync(
            DbTransaction transaction,
            TransactionEndEventData eventData,
            CancellationToken cancellationToken = default
        )
        {
            Lines.Add("commit");
            return Task.CompletedTask;
        }
    }
}
