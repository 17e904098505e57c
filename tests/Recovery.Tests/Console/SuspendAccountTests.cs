using IdentityProvider.Accounts;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using IdP.Recovery.Endpoints;
using IdP.Recovery.PasswordReset;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Console;

/// <summary>Who can be shut out by whom, and what ends then.</summary>
public sealed class SuspendAccountTests
{
    private static readonly Actor Somebody = new("client:desk", [ConsoleRoles.Administrator], "pwd");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Suspending_replaces_the_stamp_ends_access_and_says_who_and_why(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await host.CreateAccountAsync();

        Assert.IsType<SuspensionResult.Done>(await SuspendAsync(host, Somebody, ada.Id, "left us"));

        var after = Assert.Single(await host.RowsAsync<Account>());
        Assert.NotNull(after.SuspendedAt);
        Assert.NotEqual(ada.SecurityStamp, after.SecurityStamp);
        Assert.Equal(ada.PasswordHash, after.PasswordHash);
        var told = Assert.Single(await host.RowsAsync<AuditEvent>());
        Assert.Equal(AuditEventTypes.AccountSuspended, told.Type);
        Assert.Equal(("client:desk", "left us", "pwd"), (told.ActorId, told.Why, told.Proof));
        Assert.Equal(
            [EndAccess.Kind, PropagateAudited.Kind],
            (await host.RowsAsync<OutboxEntry>()).Select(e => e.Kind).Order()
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Activating_opens_it_again_and_ends_nothing(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await host.CreateAccountAsync(with: a => a.SuspendedAt = a.CreatedAt);

        Assert.IsType<SuspensionResult.Done>(await ActivateAsync(host, Somebody, ada.Id));
        Assert.IsType<SuspensionResult.Unchanged>(await ActivateAsync(host, Somebody, ada.Id));

        var after = Assert.Single(await host.RowsAsync<Account>());
        Assert.Null(after.SuspendedAt);
        Assert.Equal(ada.SecurityStamp, after.SecurityStamp);
        Assert.Equal(AuditEventTypes.AccountActivated, Assert.Single(await host.RowsAsync<AuditEvent>()).Type);
        Assert.Equal(PropagateAudited.Kind, Assert.Single(await host.RowsAsync<OutboxEntry>()).Kind);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Of_many_who_suspend_one_person_at_once_one_does_it(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await host.CreateAccountAsync();

        var ended = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => SuspendAsync(host, Somebody, ada.Id)));

        Assert.Single(ended.OfType<SuspensionResult.Done>());
        Assert.Single(await host.RowsAsync<AuditEvent>());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Two_administrators_who_suspend_each_other_at_once_leave_one(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await host.CreateAccountAsync(administrator: true);
        var grace = await host.CreateAccountAsync("grace@example.test", administrator: true);

        await Task.WhenAll(
            SuspendAsync(host, Administrator(ada), grace.Id),
            SuspendAsync(host, Administrator(grace), ada.Id)
        );

        Assert.Single(await host.RowsAsync<Account>(), a => a.SuspendedAt is null);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Nobody_suspends_themselves_or_the_last_administrator_who_can_sign_in(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await host.CreateAccountAsync(administrator: true);
        await host.CreateAccountAsync("new@example.test", password: null, administrator: true);

        Assert.Equal(SuspensionRefusal.Oneself, Reason(await SuspendAsync(host, Administrator(ada), ada.Id)));
        Assert.Equal(SuspensionRefusal.LastAdministrator, Reason(await SuspendAsync(host, Somebody, ada.Id)));
        Assert.Equal(SuspensionRefusal.Gone, Reason(await SuspendAsync(host, Somebody, "nobody")));
        Assert.All(await host.RowsAsync<Account>(), a => Assert.Null(a.SuspendedAt));
        Assert.Empty(await host.RowsAsync<AuditEvent>());
    }

    [Theory]
    [InlineData(ConsoleRoles.HelpDesk)]
    [InlineData(ConsoleRoles.Auditor)]
    [InlineData("Staff")]
    public async Task Nobody_but_an_administrator_suspends(string role)
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite);
        var ada = await host.CreateAccountAsync();

        Assert.Equal(
            SuspensionRefusal.NotAllowed,
            Reason(await SuspendAsync(host, new Actor("grace", [role]), ada.Id))
        );
    }

    private static Actor Administrator(Account account) => new(account.Id, [ConsoleRoles.Administrator]);

    private static SuspensionRefusal Reason(SuspensionResult result) =>
        Assert.IsType<SuspensionResult.Refused>(result).Reason;

    private static Task<SuspensionResult> SuspendAsync(
        RecoveryHost host,
        Actor actor,
        string accountId,
        string? why = null
    ) =>
        host.CallAsync<SuspendAccount, SuspensionResult>(s =>
            s.SuspendAsync(actor, accountId, why, RecoveryHost.Origin, Cancelled)
        );

    private static Task<SuspensionResult> ActivateAsync(RecoveryHost host, Actor actor, string accountId) =>
        host.CallAsync<SuspendAccount, SuspensionResult>(s =>
            s.ActivateAsync(actor, accountId, null, RecoveryHost.Origin, Cancelled)
        );
}
