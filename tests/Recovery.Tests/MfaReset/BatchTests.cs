using System.Data.Common;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using IdP.Recovery.Enrollment;
using IdP.Recovery.MfaReset;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.MfaReset;

/// <summary>A reset of many runs as a job: each person once, however often it is killed.</summary>
public sealed class BatchTests
{
    private static readonly Actor Root = new("client:hr", [ConsoleRoles.Administrator]);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Everybody_is_reset_and_who_cannot_be_stands_in_the_report(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var root = await host.CreateAccountAsync("root@example.test", administrator: true);
        await host.CreateAccountAsync("spare@example.test", administrator: true);
        var people = await AddAsync(host, 5);
        var actor = new Actor(root.Id, [ConsoleRoles.Administrator]);

        var id = await StartAsync(host, [.. people, root.Id, "gone"], actor);
        await host.DrainAsync();

        var progress = (await FindAsync(host, id))!;
        Assert.NotNull(progress.Batch.EndedAt);
        Assert.Equal(7, progress.Done);
        Assert.Equal(5, progress.Outcomes[MfaResetOutcome.Reset]);
        Assert.Equal(1, progress.Outcomes[MfaResetOutcome.Oneself]);
        Assert.Equal(1, progress.Outcomes[MfaResetOutcome.Gone]);
        Assert.Equal(
            [
                AuditEventTypes.BatchEnded,
                AuditEventTypes.BatchStarted,
                .. Enumerable.Repeat(AuditEventTypes.MfaReset, 5),
            ],
            (await host.RowsAsync<AuditEvent>())
                .Where(e => e.Type.StartsWith("mfa", StringComparison.Ordinal))
                .Select(e => e.Type)
                .Order(StringComparer.Ordinal)
        );
    }

    [Theory, ClassData(typeof(EveryDatabase)), MoreInSoak]
    public async Task Killed_midway_each_is_reset_once_and_audited_once(DatabaseProvider provider)
    {
        var (total, times) = Soak.IsOn ? (10_000, 20) : (200, 2);
        await using var host = await RecoveryHost.StartAsync(provider, ("AccountRecovery:Outbox:Lease", "00:05:00"));
        var people = await AddBareAsync(host, total);
        var id = await StartAsync(host, people, Root);
        var kills = 0;

        // A node that dies is one whose work is cancelled between any two statements; another takes over.
        while ((await FindAsync(host, id))!.Batch.EndedAt is null)
        {
            using var killed = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
            var end = new KilledNode(killed, kills < times ? 300 * (kills + 1) : int.MaxValue);
            await using var node = host.StartAnother(end.Watch);
            try
            {
                await RunOnlyAsync(node, killed.Token);
            }
            catch (Exception) when (killed.IsCancellationRequested && !Cancelled.IsCancellationRequested)
            {
                kills++;
            }

            host.Time.Advance(TimeSpan.FromMinutes(6));
        }

        Assert.Equal(times, kills);
        var progress = (await FindAsync(host, id))!;
        Assert.Equal(total, progress.Outcomes[MfaResetOutcome.Reset]);
        await using var context = host.Database.OpenContext();
        var audited = await context
            .Set<AuditEvent>()
            .Where(e => e.Type == AuditEventTypes.MfaReset)
            .GroupBy(e => e.AccountId)
            .Select(g => g.Count())
            .ToListAsync(Cancelled);
        Assert.Equal(total, audited.Count);
        Assert.All(audited, c => Assert.Equal(1, c));
        Assert.Equal(
            1,
            await context.Set<AuditEvent>().CountAsync(e => e.Type == AuditEventTypes.BatchEnded, Cancelled)
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_stopped_batch_touches_nobody_until_it_is_resumed(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var people = await AddAsync(host, 3);
        var id = await StartAsync(host, people, Root);
        Assert.True(await StopAsync(host, id));
        Assert.False(await StopAsync(host, id));
        await host.DrainAsync();
        Assert.Equal(0, (await FindAsync(host, id))!.Done);

        Assert.True(await ResumeAsync(host, id));
        Assert.False(await ResumeAsync(host, id));
        await host.DrainAsync();

        Assert.Equal(3, (await FindAsync(host, id))!.Done);
        Assert.False(await ResumeAsync(host, id));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Who_was_reset_is_forgotten_with_the_audit(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await StartAsync(host, await AddAsync(host, 2), Root);
        await host.DrainAsync();
        host.Time.Advance(TimeSpan.FromDays(399));
        var kept = await StartAsync(host, ["somebody"], Root);
        await PruneAsync(host);
        Assert.Equal(2, (await host.RowsAsync<MfaResetBatch>()).Count);

        host.Time.Advance(TimeSpan.FromDays(2));
        await PruneAsync(host);

        Assert.Equal(kept, Assert.Single(await host.RowsAsync<MfaResetBatch>()).Id);
        Assert.Single(await host.RowsAsync<MfaResetTarget>());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Deadlines_are_spread_evenly_and_the_preview_says_so_before(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var people = await AddAsync(host, 6);
        var now = host.Time.GetUtcNow();

        var preview = await host.CallAsync<PreviewMfaReset, MfaResetPreview>(p =>
            p.RunAsync(Root, people, EnrollmentPeriod.Of(7), 2, Cancelled)
        );
        await StartAsync(host, people, Root, spread: 2);
        await host.DrainAsync();

        Assert.Equal((6, 6, 6), (preview.Total, preview.WithMfa, preview.Asked));
        Assert.Equal(now.AddDays(7), preview.FirstDeadline);
        Assert.Equal(now.AddDays(9), preview.LastDeadline);
        Assert.Equal(
            [7, 7, 8, 8, 9, 9],
            (await host.RowsAsync<MfaEnrollment>()).Select(e => (e.EndsAt - now).TotalDays).Order().Select(d => (int)d)
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_preview_says_who_cannot_be_reset_and_changes_nothing(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var root = await host.CreateAccountAsync("root@example.test", administrator: true);
        var people = await AddAsync(host, 2);

        var preview = await host.CallAsync<PreviewMfaReset, MfaResetPreview>(p =>
            p.RunAsync(
                new Actor("desk", [ConsoleRoles.HelpDesk]),
                [.. people, root.Id],
                EnrollmentPeriod.Of(7),
                0,
                Cancelled
            )
        );

        Assert.Equal((3, 2, 2), (preview.Total, preview.Possible, preview.WithMfa));
        Assert.Equal((MfaResetRefusal.NotAllowed, "root@example.test"), Assert.Single(preview.RefusedPeople));
        Assert.Empty(await host.RowsAsync<MfaEnrollment>());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_night_in_which_a_batch_was_stopped_is_not_in_the_time_left(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var id = await StartAsync(host, await AddBareAsync(host, 10), Root);
        var now = host.Time.GetUtcNow();
        await using (var context = host.Database.OpenContext())
        {
            var people = await context.Set<MfaResetTarget>().OrderBy(t => t.Ordinal).Take(6).ToListAsync(Cancelled);
            foreach (var (i, person) in people.Index())
            {
                // Three at ten seconds each, a night, and three more.
                person.Outcome = MfaResetOutcome.Reset;
                person.DoneAt = now.AddSeconds(10 * i).AddHours(i < 3 ? -9 : 0);
            }

            await context.SaveChangesAsync(Cancelled);
        }

        Assert.Equal(TimeSpan.FromSeconds(40), (await FindAsync(host, id))!.Left);
    }

    [Fact]
    public async Task Too_many_nobody_and_too_long_a_spread_are_refused()
    {
        await using var host = await RecoveryHost.StartAsync(
            DatabaseProvider.Sqlite,
            ("AccountRecovery:MfaReset:MaxPeople", "2")
        );

        Assert.IsType<StartedBatch.WrongNumber>(await TryStartAsync(host, [], Root));
        Assert.IsType<StartedBatch.WrongNumber>(await TryStartAsync(host, ["a", "b", "c"], Root));
        Assert.IsType<StartedBatch.SpreadTooLong>(await TryStartAsync(host, ["a"], Root, spread: 359));
        Assert.IsType<StartedBatch.NotAllowed>(
            await TryStartAsync(host, ["a"], new Actor("eyes", [ConsoleRoles.Auditor]))
        );
        Assert.Empty(await host.RowsAsync<MfaResetBatch>());
    }

    private static async Task<List<string>> AddAsync(RecoveryHost host, int count)
    {
        var ids = new List<string>();
        for (var i = 0; i < count; i++)
        {
            var account = await host.CreateAccountAsync($"p{i}@example.test", null);
            await host.EnrollTotpAsync(account.Id);
            ids.Add(account.Id);
        }

        return ids;
    }

    // Enough of an account to be reset, and quick to make.
    private static async Task<List<string>> AddBareAsync(RecoveryHost host, int count)
    {
        await using var context = host.Database.OpenContext();
        var ids = Enumerable.Range(0, count).Select(i => $"person-{i:00000}").ToList();
        context.AddRange(
            ids.Select(id => new IdentityProvider.Accounts.Account
            {
                Id = id,
                UserName = id,
                NormalizedUserName = id.ToUpperInvariant(),
                Email = id + "@example.test",
                NormalizedEmail = id.ToUpperInvariant() + "@EXAMPLE.TEST",
                SecurityStamp = id,
                TwoFactorEnabled = true,
            })
        );
        await context.SaveChangesAsync(Cancelled);
        return ids;
    }

    // The batch alone: the mails of ten thousand are another test's.
    private static async Task RunOnlyAsync(RecoveryHost host, CancellationToken cancellationToken)
    {
        await using var context = host.Database.OpenContext();
        var now = host.Time.GetUtcNow();
        var due = await context
            .Set<OutboxEntry>()
            .Where(e => e.Kind == RunMfaResetBatch.Kind && e.DoneAt == null && e.GivenUpAt == null && e.DueAt <= now)
            .Select(e => e.Id)
            .ToListAsync(Cancelled);
        await host.InScopeAsync(async p =>
        {
            var runner = (OutboxRunner)p.GetService(typeof(OutboxRunner))!;
            foreach (var id in due)
            {
                await runner.RunAsync(id, cancellationToken);
            }
        });
        cancellationToken.ThrowIfCancellationRequested();
    }

    private static async Task<Guid> StartAsync(
        RecoveryHost host,
        IReadOnlyList<string> ids,
        Actor actor,
        int spread = 0
    ) => Assert.IsType<StartedBatch.Started>(await TryStartAsync(host, ids, actor, spread)).BatchId;

    private static Task<StartedBatch> TryStartAsync(
        RecoveryHost host,
        IReadOnlyList<string> ids,
        Actor actor,
        int spread = 0
    ) =>
        host.CallAsync<ResetMfaOfMany, StartedBatch>(m =>
            m.StartAsync(
                actor,
                ids,
                new MfaResetOrder(ResetFactors.All, EnrollmentPeriod.Of(7), "new phones"),
                spread,
                RecoveryHost.Origin,
                Cancelled
            )
        );

    private static Task<BatchProgress?> FindAsync(RecoveryHost host, Guid id) =>
        host.CallAsync<ResetMfaOfMany, BatchProgress?>(m => m.FindAsync(id, Cancelled));

    private static Task PruneAsync(RecoveryHost host) =>
        host.CallAsync<PruneRecovery, bool>(async p =>
        {
            await p.RunAsync(Cancelled);
            return true;
        });

    private static Task<bool> StopAsync(RecoveryHost host, Guid id) =>
        host.CallAsync<ResetMfaOfMany, bool>(m => m.StopAsync(Root, id, RecoveryHost.Origin, Cancelled));

    private static Task<bool> ResumeAsync(RecoveryHost host, Guid id) =>
        host.CallAsync<ResetMfaOfMany, bool>(m => m.ResumeAsync(Root, id, RecoveryHost.Origin, Cancelled));

    /// <summary>A node that dies between two statements: its work is cancelled.</summary>
    /// <param name="kill">Cancels the work.</param>
    /// <param name="statements">How many statements it lives for.</param>
    private sealed class KilledNode(CancellationTokenSource kill, int statements) : DbCommandInterceptor
    {
        private int seen;

        public void Watch(IServiceCollection services)
        {
            services.ConfigureDbContext<SqliteIdpDbContext>(o => o.AddInterceptors(this));
            services.ConfigureDbContext<PostgreSqlIdpDbContext>(o => o.AddInterceptors(this));
        }

        public override InterceptionResult<DbCommand> CommandCreating(
            CommandCorrelatedEventData eventData,
            InterceptionResult<DbCommand> result
        )
        {
            if (Interlocked.Increment(ref seen) == statements)
            {
                kill.Cancel();
            }

            return result;
        }
    }

    [Fact]
    public async Task Those_who_cannot_be_reset_are_named_for_each_reason()
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite);
        var account = await host.FindAsync((await host.CreateAccountAsync("p@example.test", null)).Id);
        var preview = new MfaResetPreview { Total = 12 };
        for (var i = 0; i < 11; i++)
        {
            preview.Refuse(MfaResetRefusal.NotAllowed, account with { Email = $"p{i}@example.test" });
        }

        preview.Refuse(MfaResetRefusal.Oneself, account);

        Assert.Equal(11, preview.RefusedPeople.Count);
        Assert.Contains((MfaResetRefusal.Oneself, "p@example.test"), preview.RefusedPeople);
    }
}
