using IdentityProvider.Data;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using IdP.Recovery.Enrollment;
using IdP.Recovery.MfaReset;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.MfaReset;

/// <summary>A batch does what whoever runs it may do at that moment, stops at once, and passes nobody by.</summary>
public sealed class BatchRightsTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_stop_midway_lets_one_person_come_to_the_end_and_nobody_else(DatabaseProvider provider)
    {
        var stage = new Stage();
        await using var host = await stage.StartAsync(provider);
        var root = await host.CreateAccountAsync("root@example.test", administrator: true);
        var people = await PeopleAsync(host, 6);
        var id = await BeginAsync(host, Administrator(root.Id), people);
        stage.Before(root.Id, turn: 4, () => StopAsync(host, Administrator("other"), id));

        await host.DrainAsync();
        Assert.Equal(3, (await FindAsync(host, id)).Done);

        stage.Do = null;
        Assert.True(await ResumeAsync(host, Administrator(root.Id), id));
        await host.DrainAsync();
        Assert.Equal(6, (await FindAsync(host, id)).Outcomes[MfaResetOutcome.Reset]);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_stop_between_the_look_and_the_mark_counts(DatabaseProvider provider)
    {
        var stage = new Stage();
        await using var host = await stage.StartAsync(provider);
        var root = await host.CreateAccountAsync("root@example.test", administrator: true);
        var id = await BeginAsync(host, Administrator(root.Id), await PeopleAsync(host, 3));

        // The rows of the batch are read already when its actor is looked up for the first of them.
        stage.Before(root.Id, turn: 1, () => StopAsync(host, Administrator("other"), id));
        await host.DrainAsync();

        Assert.Equal(0, (await FindAsync(host, id)).Done);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_batch_ends_with_the_suspension_of_whoever_runs_it(DatabaseProvider provider)
    {
        var stage = new Stage();
        await using var host = await stage.StartAsync(provider);
        var root = await host.CreateAccountAsync("root@example.test", administrator: true);
        await host.CreateAccountAsync("spare@example.test", administrator: true);
        var id = await BeginAsync(host, Administrator(root.Id), await PeopleAsync(host, 6));
        stage.Before(
            root.Id,
            turn: 3,
            () =>
                host.CallAsync<SuspendAccount, SuspensionResult>(s =>
                    s.SuspendAsync(Actor.CommandLine, root.Id, "taken over", RecoveryHost.Origin, Cancelled)
                )
        );

        await host.DrainAsync();

        var stopped = await FindAsync(host, id);
        Assert.Equal(2, stopped.Done);
        Assert.NotNull(stopped.Batch.StoppedAt);
        Assert.Equal(
            "rights",
            Assert.Single(await host.RowsAsync<AuditEvent>(), e => e.Type == AuditEventTypes.BatchStopped).Reason
        );

        // Another administrator takes it over, under their own name.
        stage.Do = null;
        Assert.True(await ResumeAsync(host, new Actor("client:spare", Roles.Administrator), id));
        await host.DrainAsync();
        var ended = await FindAsync(host, id);
        Assert.NotNull(ended.Batch.EndedAt);
        Assert.Equal("client:spare", ended.Batch.ActorId);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_role_that_is_taken_midway_counts_no_more(DatabaseProvider provider)
    {
        var stage = new Stage();
        await using var host = await stage.StartAsync(provider);
        var root = await host.CreateAccountAsync("root@example.test", administrator: true);
        var other = await host.CreateAccountAsync("other@example.test", administrator: true);
        await host.CreateAccountAsync("spare@example.test", administrator: true);
        await RolesAsync(host, root.Id, [ConsoleRoles.Administrator, ConsoleRoles.HelpDesk]);
        var people = await PeopleAsync(host, 2);
        var id = await BeginAsync(
            host,
            new Actor(root.Id, [ConsoleRoles.Administrator, ConsoleRoles.HelpDesk]),
            [people[0], other.Id, people[1]]
        );
        stage.Before(root.Id, turn: 2, () => RolesAsync(host, root.Id, [ConsoleRoles.HelpDesk]));

        await host.DrainAsync();

        var ended = await FindAsync(host, id);
        Assert.Equal(2, ended.Outcomes[MfaResetOutcome.Reset]);
        Assert.Equal(1, ended.Outcomes[MfaResetOutcome.NotAllowed]);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_help_desk_does_not_run_on_with_the_rights_of_an_administrator(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var root = await host.CreateAccountAsync("root@example.test", administrator: true);
        var other = await host.CreateAccountAsync("other@example.test", administrator: true);
        var desk = new Actor("client:desk", Roles.HelpDesk);
        var id = await BeginAsync(host, Administrator(root.Id), [other.Id]);

        Assert.False(await StopAsync(host, new Actor("eyes", [ConsoleRoles.Auditor]), id));
        Assert.True(await StopAsync(host, desk, id));
        Assert.False(await ResumeAsync(host, desk, id));
        await host.DrainAsync();
        Assert.Equal(0, (await FindAsync(host, id)).Done);

        // One's own is another thing.
        var own = await BeginAsync(host, desk, [other.Id]);
        Assert.True(await StopAsync(host, desk, own));
        Assert.True(await ResumeAsync(host, desk, own));
        await host.DrainAsync();
        Assert.Equal(1, (await FindAsync(host, own)).Outcomes[MfaResetOutcome.NotAllowed]);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_group_with_the_name_of_a_role_in_it_gives_no_rights(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync("root@example.test", administrator: true);
        var other = await host.CreateAccountAsync("other@example.test", administrator: true);
        var groups = Enumerable.Range(0, 30).Select(i => $"Group number {i}");

        var id = await BeginAsync(
            host,
            new Actor("client:desk", [ConsoleRoles.HelpDesk, "Site Administrator", .. groups]),
            [other.Id]
        );
        await host.DrainAsync();

        Assert.Equal(1, (await FindAsync(host, id)).Outcomes[MfaResetOutcome.NotAllowed]);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task One_who_always_fails_keeps_nobody_else_from_their_turn(DatabaseProvider provider)
    {
        var stage = new Stage();
        await using var host = await stage.StartAsync(provider);
        var people = await PeopleAsync(host, 3);
        var id = await BeginAsync(host, new Actor("client:hr", Roles.Administrator), people);
        stage.Do = account =>
            account == people[0] ? Task.FromException(new InvalidOperationException("broken")) : Task.CompletedTask;

        await host.DrainAsync();

        var ended = await FindAsync(host, id);
        Assert.NotNull(ended.Batch.EndedAt);
        Assert.Equal(1, ended.Outcomes[MfaResetOutcome.Failed]);
        Assert.Equal(2, ended.Outcomes[MfaResetOutcome.Reset]);
    }

    private static Actor Administrator(string id) => new(id, Roles.Administrator);

    private static async Task<List<string>> PeopleAsync(RecoveryHost host, int count)
    {
        var ids = new List<string>();
        for (var i = 0; i < count; i++)
        {
            ids.Add((await host.CreateAccountAsync($"p{i}@example.test", null)).Id);
        }

        return ids;
    }

    private static async Task<Guid> BeginAsync(RecoveryHost host, Actor actor, IReadOnlyList<string> people) =>
        Assert
            .IsType<StartedBatch.Started>(
                await host.CallAsync<ResetMfaOfMany, StartedBatch>(m =>
                    m.StartAsync(
                        actor,
                        people,
                        new MfaResetOrder(ResetFactors.All, EnrollmentPeriod.Of(7), "new phones"),
                        0,
                        RecoveryHost.Origin,
                        Cancelled
                    )
                )
            )
            .BatchId;

    private static async Task<BatchProgress> FindAsync(RecoveryHost host, Guid id) =>
        (await host.CallAsync<ResetMfaOfMany, BatchProgress?>(m => m.FindAsync(id, Cancelled)))!;

    private static Task<bool> StopAsync(RecoveryHost host, Actor actor, Guid id) =>
        host.CallAsync<ResetMfaOfMany, bool>(m => m.StopAsync(actor, id, RecoveryHost.Origin, Cancelled));

    private static Task<bool> ResumeAsync(RecoveryHost host, Actor actor, Guid id) =>
        host.CallAsync<ResetMfaOfMany, bool>(m => m.ResumeAsync(actor, id, RecoveryHost.Origin, Cancelled));

    private static Task<RolesChanged> RolesAsync(RecoveryHost host, string id, string[] roles) =>
        host.CallAsync<ChangeRoles, RolesChanged>(c =>
            c.RunAsync(Actor.CommandLine, id, roles, "for this test", RecoveryHost.Origin, Cancelled)
        );

    private static class Roles
    {
        public static readonly string[] Administrator = [ConsoleRoles.Administrator];
        public static readonly string[] HelpDesk = [ConsoleRoles.HelpDesk];
    }

    /// <summary>Does something before an account is looked up, and between two transactions at that.</summary>
    private sealed class Stage
    {
        public Func<string, Task>? Do { get; set; }

        public Task<RecoveryHost> StartAsync(DatabaseProvider provider) =>
            RecoveryHost.StartAsync(
                provider,
                s => HookedAccounts.Register(s, id => Do?.Invoke(id) ?? Task.CompletedTask)
            );

        public void Before(string accountId, int turn, Func<Task> act)
        {
            var seen = 0;
            Do = id => id == accountId && Interlocked.Increment(ref seen) == turn ? act() : Task.CompletedTask;
        }
    }
}
